import { createLogger } from '@aviary/runtime';
import { waitUntil } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestApiServer } from '../testing/api-server.ts';
import { Leader } from './leader.ts';

const lease = '/apis/coordination.k8s.io/v1/namespaces/test/leases/operator';

let server: TestApiServer;
let stops: AbortController[];
let ends: Promise<void>[];
/** Who leads, in the order of their terms. */
let terms: string[];
let leading: Set<string>;
let most: number;
beforeEach(async () => {
  server = await TestApiServer.start();
  [stops, ends, terms, leading, most] = [[], [], [], new Set(), 0];
});
afterEach(async () => {
  for (const stop of stops) stop.abort();
  await Promise.all(ends);
  await server[Symbol.asyncDispose]();
});

/** @returns what stops it */
function candidate(identity: string, leaseMs = 1_000): AbortController {
  const stop = new AbortController();
  const leader = new Leader({
    api: server.client(),
    name: 'operator',
    identity,
    leaseMs,
    logger: createLogger({ service: 'test', level: 'silent' }),
    onContact: () => undefined,
  });
  stops.push(stop);
  ends.push(
    leader.run(async (term) => {
      terms.push(identity);
      leading.add(identity);
      most = Math.max(most, leading.size);
      await new Promise((resolve) => term.addEventListener('abort', resolve));
      leading.delete(identity);
    }, stop.signal),
  );
  return stop;
}

const holder = () =>
  (server.objects.get(lease)?.spec as { holderIdentity?: string }).holderIdentity;
const until = (what: string, holds: () => boolean) => waitUntil(holds, { what });

test('of several one leads, and hands over when it stops', async () => {
  // Long enough to be renewed after a pause.
  const first = candidate('a', 6_000);
  await until('a leads', () => leading.has('a'));
  candidate('b', 6_000);
  await server.until(() => server.requests.filter(({ method }) => method === 'PUT').length >= 3);
  expect([...leading]).toEqual(['a']);
  first.abort();
  await server.until(() => holder() !== 'a');
  expect(holder()).toBe('');
  await until('b leads', () => leading.has('b'));
  expect(most).toBe(1);
});

test('a Lease that is not renewed is taken over once its duration has passed here, whatever its holder wrote', async () => {
  server.put(lease, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'operator' },
    // Its clock is a year ahead.
    spec: {
      holderIdentity: 'dead',
      leaseDurationSeconds: 1,
      renewTime: new Date(Date.now() + 31e9).toISOString(),
    },
  });
  const startedAt = performance.now();
  candidate('b');
  await until('b leads', () => leading.has('b'));
  expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  expect(server.objects.get(lease)?.spec).toMatchObject({ leaseTransitions: 1 });
});

test('whoever cannot renew stops before another may begin', async () => {
  candidate('a');
  await until('a leads', () => leading.has('a'));
  server.refusals.push(...Array.from({ length: 15 }, () => ({ status: 500 })));
  await until('a leads no more', () => leading.size === 0);
  await until('a leads again', () => leading.has('a'));
  expect(terms).toEqual(['a', 'a']);
});

test('whoever finds another in its place stops', async () => {
  candidate('a');
  await until('a leads', () => leading.has('a'));
  const object = server.objects.get(lease);
  if (object)
    server.put(lease, { ...object, spec: { holderIdentity: 'b', leaseDurationSeconds: 60 } });
  await until('a leads no more', () => leading.size === 0);
  expect(holder()).toBe('b');
});
