import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@aviary/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finalizer } from '../../../services/operator/src/desired.ts';
import { kubectl, kubectlIn, untilCondition } from '../cluster/kubectl.ts';
import { letGo } from './let-go.ts';
import { sampleIndex } from './sample-index.ts';

const root = join(import.meta.dirname, '../../..');
const namespace = `aviary-stuck-${Date.now()}`;
const within = kubectlIn(namespace);

beforeAll(async () => {
  const definition = join(root, 'services/operator/api/semanticindexes.aviary.dev.yaml');
  await kubectl(['apply', '--server-side', `--filename=${definition}`]);
  await untilCondition('crd/semanticindexes.aviary.dev', 'condition=Established', 60);
  await kubectl(['create', 'namespace', namespace]);
});
afterAll(async () => {
  await letGo(within);
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
});

/** The command that docs/troubleshooting.md gives to those whose operator is gone, for this namespace. */
function documentedRemedy(): string {
  const text = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');
  const [, command] = /^- The operator is gone: `([^`]+)`/m.exec(text) ?? [];
  if (command === undefined) throw new Error('docs/troubleshooting.md has no remedy any more.');
  return command.replaceAll('-n aviary', `-n ${namespace}`);
}

test('a namespace that waits for an operator which is gone ends by the documented command', async () => {
  const items = ['one', 'two'].map((name) => {
    const index = sampleIndex(name, 'Paused');
    // As the operator leaves it.
    return { ...index, metadata: { ...index.metadata, finalizers: [finalizer] } };
  });
  await within(['create', '--filename=-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  });
  await kubectl(['delete', 'namespace', namespace, '--wait=false']);
  const remains =
    'jsonpath={.status.conditions[?(@.type=="NamespaceFinalizersRemaining")].message}';
  await waitUntil(
    async () =>
      (await kubectl(['get', `namespace/${namespace}`, `--output=${remains}`])).includes(finalizer),
    { what: 'the namespace tells of the finalizer', timeoutMs: 120_000, everyMs: 500 },
  );
  const { status, stderr } = spawnSync('sh', ['-c', documentedRemedy()], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(status, stderr).toBe(0);
  await waitUntil(
    async () =>
      (await kubectl(['get', `namespace/${namespace}`, '--ignore-not-found', '--output=name'])) ===
      '',
    { what: 'the namespace is gone', timeoutMs: 120_000, everyMs: 500 },
  );
});
