import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitUntil } from '@aviary/testing';
import { expect, onTestFinished, test } from 'vitest';
import { Sampler } from './sampler.ts';
import type { Target } from './target.ts';

const depth = { visible: 0, inFlight: 0, delayed: 0 };
const idle = {
  ...{ rows: 5, indexed: 5, outbox: { waiting: 0, oldestSeconds: null }, queue: depth },
  ...{ refreshQueue: depth, deadLetters: 0, lagSeconds: 0, lag: null, emus: { answering: 2 } },
  ...{ pelicans: { answering: 1 }, rates: null, relayRates: null },
};

/** A target whose page answers with this, or with an error where it is undefined. */
async function targetOf(status: () => object | undefined): Promise<Target> {
  const server = createServer((_request, response) => {
    const body = status();
    response.statusCode = body ? 200 : 503;
    response.end(JSON.stringify(body ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    ...{ kind: 'dev', namespace: null, notes: [] },
    page: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    load: () => Promise.resolve(),
    emus: () => ({ desired: 3, ready: 2 }),
    usage: () =>
      Promise.resolve({ processes: new Map([['emu-1', { cpuSeconds: 4, mb: 99.6 }]]), diskMb: 7 }),
    restarts: () => Promise.resolve(0),
    audit: () => Promise.reject(new Error('not asked for')),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

test('two looks in a row at an idle pipeline are quiet, and a page that is away is a gap', async () => {
  const answers = [idle, undefined, { ...idle, queue: { ...depth, delayed: 1 } }, idle];
  const target = await targetOf(() => (answers.length > 1 ? answers.shift() : answers[0]));
  const quietAt: boolean[] = [];
  await using sampler = new Sampler(target, performance.now(), () => {
    // Said after each look, of those up to it.
    quietAt.push(sampler.isQuiet);
  });
  await waitUntil(() => quietAt.length >= 5, { what: 'five looks' });
  expect(quietAt.slice(0, 5)).toEqual([false, false, false, false, true]);
  expect(sampler.samples[0]).toMatchObject({ rows: 5, emus: 2, emusDesired: 3, emusReady: 2 });
  expect(sampler.samples[1]).toMatchObject({ rows: null, emus: null, emusReady: 2 });
  expect([...sampler.usage.values()]).toEqual([
    { name: 'emu-1', cpuSeconds: 0, firstMb: 100, peakMb: 100, lastMb: 100 },
  ]);
  sampler.forgetQuiet();
  expect(sampler.isQuiet).toBe(false);
});
