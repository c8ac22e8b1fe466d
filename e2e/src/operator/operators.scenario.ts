import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '@aviary/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  leaseSeconds,
  operatorNamespace,
  type Operator,
  type OperatorNamespace,
} from './operators.ts';
import { sampleIndex } from './sample-index.ts';

const many = 200;
let namespace: OperatorNamespace;
let first: Operator;
let second: Operator;
beforeAll(async () => {
  namespace = await operatorNamespace(`aviary-operators-${Date.now()}`);
  first = await namespace.start('first');
  await until('the first leads', async () => (await first.status()).leads);
  second = await namespace.start('second');
});
afterAll(() => namespace[Symbol.asyncDispose]());

const until = (what: string, holds: () => Promise<boolean>, timeoutMs = 60_000) =>
  waitUntil(holds, { what, timeoutMs, everyMs: 100 });

const get = (object: string, path: string) => namespace.get(object, path);

test('an index gets its queues, its target and the Job that prepares its table, under no more than the Role grants', async () => {
  await namespace.apply(sampleIndex('things', 'Running'));
  const condition = (type: string) =>
    get('semanticindex/things', `.status.conditions[?(@.type=="${type}")].status`);
  await until('its queues and its target are there', async () =>
    [await condition('QueueReady'), await condition('TargetReady')].every((is) => is === 'True'),
  );
  await until('its Job is made', async () => (await get('jobs', '.items[*].metadata.name')) !== '');
  expect(await get('jobs', '.items[*].metadata.name')).toMatch(/^install-things-/);
  expect(await get('semanticindex/things', '.metadata.finalizers[0]')).toBe(
    'aviary.dev/semantic-index',
  );
  await until('it is told', async () =>
    (await get('events', '.items[*].reason')).split(' ').includes('Filling'),
  );
});

test(`${many} paused indexes cost a few requests each, then none, and little memory`, async () => {
  const before = await first.requests();
  await namespace.apply(
    ...Array.from({ length: many }, (_, one) => sampleIndex(`many-${one}`, 'Paused')),
  );
  await until(
    'all are paused',
    async () =>
      (await get('semanticindexes', '.items[?(@.status.phase=="Paused")].metadata.name')).split(' ')
        .length === many,
    120_000,
  );
  await until('nothing is left to do', async () => (await first.status()).queued === 0);
  expect((await first.requests()) - before).toBeLessThan(5 * many);

  const settled = await first.requests();
  const seconds = 20;
  // How many requests come of nothing is measured over a time.
  await delay(seconds * 1_000);
  // The Lease is renewed five times in its duration.
  const renewals = (seconds / leaseSeconds) * 5;
  expect((await first.requests()) - settled).toBeLessThan(3 * renewals);
  expect(await first.residentBytes()).toBeLessThan(300e6);
});

test('when the leader is killed, the other one leads within the lease, and goes on', async () => {
  expect((await second.status()).leads).toBe(false);
  const killedAt = performance.now();
  await first.kill();
  await until('the second leads', async () => (await second.status()).leads);
  // The lease, a look at it, and what requests take on a slow machine.
  expect(performance.now() - killedAt).toBeLessThan(leaseSeconds * 3_000);
  await until('it knows all', async () => (await second.status()).indexes === many + 1);
  await namespace.apply(sampleIndex('later', 'Paused'));
  await until(
    'it has looked at another',
    async () => (await get('semanticindex/later', '.status.phase')) === 'Paused',
  );
});

test('what is deleted is gone, though nobody prepared its table', async () => {
  await namespace.kubectl([
    'delete',
    'semanticindex/later',
    'semanticindex/many-1',
    '--timeout=60s',
  ]);
  expect(await get('semanticindex/later', '.metadata.name')).toBe('');
});
