import { startTcpProxy, type TcpProxy } from '@aviary/local/tcp-proxy';
import { waitUntil } from '@aviary/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { leaseName } from '../../../services/operator/src/kubernetes/rights.ts';
import { kubectl } from '../cluster/kubectl.ts';
import {
  leaseSeconds,
  operatorNamespace,
  type Operator,
  type OperatorNamespace,
} from './operators.ts';
import { sampleIndex } from './sample-index.ts';

/** An operator's way to the API server, and what becomes of it. */
const name = `aviary-faults-${Date.now()}`;
let namespace: OperatorNamespace;
let proxy: TcpProxy;
let operator: Operator;
beforeAll(async () => {
  namespace = await operatorNamespace(name);
  const { hostname: host, port } = namespace.server;
  proxy = await startTcpProxy({ to: Number(port || 443), host });
  operator = await namespace.start('faulty', new URL(`https://127.0.0.1:${proxy.port}`));
  await make('first');
  await untilSeen('first');
});
afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await proxy.close();
});
beforeEach(async () => {
  await until('it leads', leads);
  await until('nothing is left to do', async () => (await operator.status()).queued === 0);
});

const until = (what: string, holds: () => Promise<boolean>, timeoutMs = 60_000) =>
  waitUntil(holds, { what, timeoutMs, everyMs: 100 });
const leads = async () => (await operator.status()).leads;
const make = (index: string) => namespace.apply(sampleIndex(index, 'Paused'));
const untilSeen = (index: string, timeoutMs?: number) =>
  until(
    `${index} is looked after`,
    async () => (await namespace.get(`semanticindex/${index}`, '.status.phase')) === 'Paused',
    timeoutMs,
  );
const terms = () => namespace.get(`lease/${leaseName}`, '.spec.leaseTransitions');
const lists = () => operator.requests('verb="list"');

test('a connection that is cut is made anew, and nothing is read twice', async () => {
  const [listed, led] = [await lists(), await terms()];
  proxy.drop('all');
  await make('cut');
  await untilSeen('cut');
  expect([await lists(), await terms()]).toEqual([listed, led]);
});

test('an API server that is away for longer than the lease is asked little, and all is caught up with', async () => {
  await make('before');
  await untilSeen('before');
  const asked = await operator.requests();
  const read = await operator.requests('resource="configmaps"', 'verb="get"');
  proxy.setPassage({ kind: 'held' });
  await make('meanwhile');
  await namespace.kubectl(['delete', 'semanticindex/before', '--wait=false']);
  await until('it leads no more', async () => !(await leads()));
  await delay(2 * leaseSeconds * 1_000);
  expect((await operator.requests()) - asked).toBeLessThan(100);
  expect((await operator.requests('resource="configmaps"', 'verb="get"')) - read).toBeLessThan(10);
  proxy.setPassage({ kind: 'open' }, 'reset');
  await until('it leads again', leads, leaseSeconds * 2_000);
  await untilSeen('meanwhile');
  const isGone = async () => (await namespace.get('semanticindex/before', '.metadata.name')) === '';
  await until('what was deleted is gone', isGone);
});

test('watches that go silent are given up, and go on from where they were, unless that is 410 Gone', async () => {
  // Until no connection is left idle but that of the Lease.
  await delay(6_000);
  const budgets = () => operator.requests('verb="list"', 'resource="poddisruptionbudgets"');
  const [listed, led, listedBudgets] = [await lists(), await terms(), await budgets()];
  proxy.setPassageOfPresent({ kind: 'held' });
  await make('unheard');
  await outdateBudgets();
  // The silence that is borne is two and a half minutes.
  await untilSeen('unheard', 240_000);
  await until('the budgets are listed anew', async () => (await budgets()) === listedBudgets + 1);
  expect([await lists(), await terms()]).toEqual([listed + 1, led]);
});

test('a Lease that somebody else writes is a conflict, and stays its own', async () => {
  const led = await terms();
  const conflicts = () => operator.requests('verb="update"', 'resource="leases"', 'status="409"');
  const before = await conflicts();
  await namespace.kubectl(['annotate', `lease/${leaseName}`, 'example.org/touched=yes']);
  await until('its renewal is refused', async () => (await conflicts()) > before);
  const renewals = () => operator.requests('verb="update"', 'resource="leases"', 'status="200"');
  const renewed = await renewals();
  await until('it renews again', async () => (await renewals()) > renewed + 1);
  expect(await terms()).toBe(led);
});

test('what another field manager takes is taken back', async () => {
  await namespace.apply(sampleIndex('taken', 'Running'));
  const map = 'configmap/semantic-index-taken';
  const label = 'app.kubernetes.io/part-of';
  const partOf = () => namespace.get(map, `.metadata.labels.app\\.kubernetes\\.io/part-of`);
  await until('it is labelled', async () => (await partOf()) === 'aviary');
  await namespace.kubectl(['label', map, `${label}=another`, '--overwrite', '--field-manager=me']);
  await until('it is as it was', async () => (await partOf()) === 'aviary');
});

test('an API server that takes one request at a time, and refuses the others, is not pressed', async () => {
  const refused = () => operator.requests('status="429"');
  const [asked, before] = [await operator.requests(), await refused()];
  try {
    await kubectl(['create', '--filename=-'], { input: JSON.stringify(throttle()) });
    const many = Array.from({ length: 50 }, (_, one) => `throttled-${one}`);
    await namespace.apply(...many.map((index) => sampleIndex(index, 'Paused')));
    for (const index of many) await untilSeen(index, 120_000);
    expect(await refused()).toBeGreaterThan(before);
    expect((await operator.requests()) - asked).toBeLessThan(20 * many.length);
  } finally {
    const both = [`flowschema/${name}`, `prioritylevelconfiguration/${name}`];
    await kubectl(['delete', ...both, '--ignore-not-found']);
  }
});

test('it ends though the API server says nothing', async () => {
  proxy.setPassage({ kind: 'held' });
  const startedAt = performance.now();
  await operator.stop();
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

/**
 * Makes more changes than the API server remembers of a kind, a hundred, and so slowly that it does not come to remember
 * more, as it does of a kind that changes a hundred times in 75 s.
 */
async function outdateBudgets(): Promise<void> {
  const metadata = { name: 'outdated' };
  const spec = { minAvailable: 0, selector: { matchLabels: { nobody: 'nobody' } } };
  await namespace.apply({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec });
  for (let turn = 0; turn < 130; turn += 1) {
    await namespace.kubectl(['annotate', 'pdb/outdated', `turn=${turn}`, '--overwrite']);
    await delay(800);
  }
}

/** Of the operator's requests one at a time is let through, and none waits. */
function throttle(): object {
  const metadata = { name };
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
  const limited = {
    ...{ nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0 },
    limitResponse: { type: 'Reject' },
  };
  const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };
  const serviceAccount = { name: 'operator', namespace: name };
  const items = [
    {
      apiVersion,
      kind: 'PriorityLevelConfiguration',
      metadata,
      spec: { type: 'Limited', limited },
    },
    {
      ...{ apiVersion, kind: 'FlowSchema', metadata },
      spec: {
        priorityLevelConfiguration: { name },
        matchingPrecedence: 2,
        rules: [{ subjects: [{ kind: 'ServiceAccount', serviceAccount }], resourceRules: [all] }],
      },
    },
  ];
  return { apiVersion: 'v1', kind: 'List', items };
}
