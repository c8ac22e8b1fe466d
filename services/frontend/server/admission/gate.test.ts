import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { RetryableError, Registry, createLogger } from '@aviary/runtime';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { answerProblems } from '../problems.ts';
import { addAdmission } from './admission.ts';
import { Gate, type Arrival } from './gate.ts';

const never = () => new AbortController().signal;

function gateOf(sizes: { atOnce: number; queue: number; waitMs?: number }) {
  const arrivals: Arrival['outcome'][] = [];
  const gate = new Gate({ what: 'It', waitMs: 60_000, ...sizes }, ({ outcome }) => {
    arrivals.push(outcome);
  });
  return { gate, arrivals };
}

test('lets so many in at once, the others in the order they came', async () => {
  const { gate } = gateOf({ atOnce: 2, queue: 10 });
  const order: number[] = [];
  let most = 0;
  await Promise.all(
    Array.from({ length: 10 }, async (_, n) => {
      const leave = await gate.enter(never);
      order.push(n);
      most = Math.max(most, gate.inWork);
      await new Promise(setImmediate);
      leave();
    }),
  );
  expect(most).toBe(2);
  expect(order).toEqual(Array.from({ length: 10 }, (_, n) => n));
  expect(gate).toMatchObject({ inWork: 0, queued: 0 });
});

test('a full queue refuses at once, with the time to come back after', async () => {
  const { gate, arrivals } = gateOf({ atOnce: 1, queue: 1 });
  const leave = await gate.enter(never);
  const second = gate.enter(never);
  const refused = await gate.enter(never).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RetryableError);
  expect((refused as RetryableError).retryAfterMs).toBeGreaterThanOrEqual(1_000);
  leave();
  (await second)();
  expect(arrivals).toEqual(['admitted', 'refused', 'admitted']);
});

test('who would wait too long, by what work took of late, is refused at once', async () => {
  const { gate } = gateOf({ atOnce: 1, queue: 1_000, waitMs: 25 });
  const first = await gate.enter(never);
  await new Promise((resolve) => setTimeout(resolve, 30));
  first();
  const second = await gate.enter(never);
  await expect(gate.enter(never)).rejects.toBeInstanceOf(RetryableError);
  expect(gate.queued).toBe(0);
  second();
});

test('who waits for one that never ends is refused when its time is over', async () => {
  const { gate, arrivals } = gateOf({ atOnce: 1, queue: 2, waitMs: 20 });
  const leave = await gate.enter(never);
  const waiting = await Promise.allSettled([gate.enter(never), gate.enter(never)]);
  expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(arrivals).toEqual(['admitted', 'refused', 'refused']);
  leave();
  expect(gate).toMatchObject({ inWork: 0, queued: 0 });
});

test('who leaves the queue takes no place in it, and leaving twice frees one place', async () => {
  const { gate, arrivals } = gateOf({ atOnce: 1, queue: 1 });
  const leave = await gate.enter(never);
  const impatient = new AbortController();
  const gone = gate.enter(() => impatient.signal);
  impatient.abort(new Error('gone'));
  await expect(gone).rejects.toThrow('gone');
  const next = gate.enter(never);
  leave();
  leave();
  await next;
  expect(gate.inWork).toBe(1);
  expect(arrivals).toEqual(['admitted', 'left', 'admitted']);
});

/** An API whose searches, streams and dead letters take as long as the test holds them. */
async function slowApi(sizes: { atOnce: number; queue: number }) {
  const registry = new Registry();
  const app = express();
  addAdmission(app, { search: sizes, table: sizes, waitMs: 60_000 }, registry);
  const held: (() => void)[] = [];
  const slow = ['/api/search', '/api/products/:id/journey', '/api/dead-letters'];
  app.get(slow, async (_request, response) => {
    await new Promise<void>((resolve) => held.push(resolve));
    response.json({});
  });
  app.get('/api/products', (_request, response) => void response.json({}));
  app.use(answerProblems(createLogger({ service: 'test', level: 'silent' })));
  const server: Server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, held, registry };
}

test('a flood is worked off at full strength, the rest refused, and the table stays usable', async () => {
  const sizes = { atOnce: 4, queue: 8 };
  const { url, held, registry } = await slowApi(sizes);
  const answers = Array.from({ length: 50 }, () => fetch(`${url}/api/search`));
  const refusals = await firstOf(answers, 50 - sizes.atOnce - sizes.queue);
  for (const refusal of refusals) {
    expect(refusal.status).toBe(503);
    expect(refusal.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(refusal.headers.get('content-type')).toContain('application/problem+json');
  }
  expect((await fetch(`${url}/api/products`)).status).toBe(200);
  // All places are taken from the first to the last: nothing idles while there is work.
  for (let left = sizes.atOnce + sizes.queue; left > 0; left -= 1) {
    await until(() => held.length === Math.min(left, sizes.atOnce));
    held.shift()?.();
  }
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(sizes.atOnce + sizes.queue);
  expect(await registry.metrics()).toMatch(
    /requests_total\{gate="search",outcome="refused"\} 38\n/,
  );
});

test('what a request asks for decides its gate, not what it says of itself', async () => {
  const { url, held } = await slowApi({ atOnce: 1, queue: 0 });
  const first = fetch(`${url}/api/search`);
  await until(() => held.length === 1);
  const accept = 'text/event-stream';
  expect((await fetch(`${url}/api/search`, { headers: { accept } })).status).toBe(503);
  // Streams and dead letters take their time, and nothing of the table's.
  const others = ['/api/products/1/journey', '/api/products/2/journey', '/api/dead-letters'].map(
    (path) => fetch(`${url}${path}`),
  );
  await until(() => held.length === 4);
  expect((await fetch(`${url}/api/products`)).status).toBe(200);
  for (const release of held) release();
  expect((await Promise.all([first, ...others])).map(({ status }) => status)).toEqual([
    200, 200, 200, 200,
  ]);
});

test('an asker that goes makes room', async () => {
  const { url, held, registry } = await slowApi({ atOnce: 1, queue: 1 });
  const queued = async () =>
    /requests_queued\{gate="search"\} (\d+)/.exec(await registry.metrics())?.[1];
  const first = fetch(`${url}/api/search`);
  await until(() => held.length === 1);
  const impatient = new AbortController();
  const gone = fetch(`${url}/api/search`, { signal: impatient.signal });
  await until(async () => (await queued()) === '1');
  impatient.abort();
  await expect(gone).rejects.toThrow();
  await until(async () => (await queued()) === '0');
  const patient = fetch(`${url}/api/search`);
  await until(async () => (await queued()) === '1');
  held.shift()?.();
  await until(() => held.length === 1);
  held.shift()?.();
  expect([(await first).status, (await patient).status]).toEqual([200, 200]);
});

async function firstOf<T>(promises: readonly Promise<T>[], count: number): Promise<T[]> {
  const settled: T[] = [];
  const enough = Promise.withResolvers<undefined>();
  for (const promise of promises) {
    void promise.then((value) => {
      if (settled.push(value) === count) enough.resolve(undefined);
    });
  }
  await enough.promise;
  return settled;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
