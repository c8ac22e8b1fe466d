import type { Server } from 'node:http';
import { waitUntil } from '@aviary/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { historySchema, indexesSchema, statusSchema } from '../../shared/pipeline.ts';
import { rows, startApp, startEmuStatus, urlOf, type TestApp } from '../../testing/start-app.ts';

let emu: Server;
let aviary: TestApp;
beforeAll(async () => {
  emu = await startEmuStatus();
  aviary = await startApp({ WORKERS: `${urlOf(emu)},http://127.0.0.1:1` });
});
afterAll(async () => {
  emu.close();
  await aviary.close();
});

test('the status has every figure, or the reason why not', async () => {
  const read = async () => statusSchema.parse((await aviary.call('GET', '/api/status')).body);
  // A source that is slow for once is not waited for.
  await waitUntil(async () => Object.keys((await read()).reasons).join() === 'relayRates', {
    what: 'there is every figure but one',
  });
  const status = await read();
  expect(status).toMatchObject({
    indexed: rows,
    outbox: { waiting: 3 },
    queue: { visible: 0, inFlight: 0, delayed: 0 },
    refreshQueue: { visible: 0, inFlight: 0, delayed: 0 },
    deadLetters: 0,
    lag: { p50: 0.04, p99: 0.08, samples: 100 },
    emus: { answering: 1, known: 1 },
    pelicans: { answering: 0, known: 0 },
    rates: { rowsPerSecond: 12, embeddingsPerSecond: 10, tokensPerSecond: 800 },
    relayRates: null,
    tokensPerMinute: 1_000_000,
    reasons: { relayRates: 'No pelican answers.' },
    health: { postgres: { ok: true }, workers: { ok: false } },
  });
  expect(status.lagSeconds).toBeGreaterThan(0);
  expect(status.health.workers.reason).toContain('127.0.0.1:1');
});

test('the history is what this server has seen, from a time on', async () => {
  const { history } = aviary.parts.pipeline;
  await history.take();
  const since = history.since(0)[0]?.at ?? 0;
  await waitUntil(() => Date.now() > since, { what: 'the clock goes on' });
  await history.take();
  const { body } = await aviary.call('GET', `/api/pipeline/history?since=${since}`);
  const { samples } = historySchema.parse(body);
  expect(samples).toHaveLength(1);
  expect(samples[0]).toMatchObject({ outbox: 3, visible: 0, emus: 1, lagP99Seconds: 0.08 });
  expect((await aviary.call('GET', '/api/pipeline/history?since=x')).status).toBe(400);
});

test('the indexes have their last backfill and audit', async () => {
  const { body } = await aviary.call('GET', '/api/pipeline/indexes');
  const { indexes } = indexesSchema.parse(body);
  expect(indexes).toMatchObject([
    {
      index: 'products',
      backfill: { phase: 'walking', processed: 40, total: 60, limitPerSecond: null },
      audit: { underWay: false, last: { verdict: 'mended', missing: 1, mended: 2, seconds: 1.5 } },
    },
  ]);
  // 40 rows in 4 seconds, or a little more by the time that it is read, and 20 to go.
  const { rowsPerSecond, secondsLeft } = indexes[0]?.backfill ?? {};
  expect(rowsPerSecond).toBeGreaterThan(1);
  expect(rowsPerSecond).toBeLessThan(10.1);
  expect(Number(rowsPerSecond) * Number(secondsLeft)).toBeCloseTo(20);
});

test('with everything away the status still answers, and the table with a 503', async () => {
  const nowhere = 'http://127.0.0.1:1';
  const lonely = await startApp({
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    QUEUE_URL: `${nowhere}/0/q.fifo`,
    DEAD_LETTER_QUEUE_URL: `${nowhere}/0/d.fifo`,
    REFRESH_QUEUE_URL: `${nowhere}/0/r`,
    AWS_ENDPOINT_URL_SQS: nowhere,
    PINECONE_CONTROLLER_URL: nowhere,
  });
  onTestFinished(() => lonely.close());
  const status = statusSchema.parse((await lonely.call('GET', '/api/status')).body);
  expect(status).toMatchObject({ rows: null, indexed: null, outbox: null, queue: null });
  expect(Object.keys(status.reasons).sort()).toEqual([
    ...['deadLetters', 'emus', 'indexed', 'lag', 'lagSeconds', 'outbox'],
    ...['pelicans', 'queue', 'rates', 'refreshQueue', 'relayRates', 'rows', 'tokensPerMinute'],
  ]);
  await lonely.parts.pipeline.history.take();
  const { body } = await lonely.call('GET', '/api/pipeline/history');
  expect(historySchema.parse(body).samples).toMatchObject([{ outbox: null, emus: null }]);
  for (const path of ['/api/pipeline/indexes', '/api/dead-letters']) {
    expect((await lonely.call('GET', path)).status).toBe(503);
  }
  expect((await lonely.call('GET', '/api/products')).status).toBe(503);
});

// Last: by now each has been answered.
test('every route answers as openapi.yaml says', () => {
  expect(aviary.contract.unseen('/api/status')).toEqual([]);
  expect(aviary.contract.unseen('/api/pipeline')).toEqual([]);
});
