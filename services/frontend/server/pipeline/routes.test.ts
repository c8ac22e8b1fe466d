import type { Server } from 'node:http';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { statusSchema } from '../../shared/status.ts';
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
  const status = statusSchema.parse((await aviary.call('GET', '/api/status')).body);
  expect(status).toMatchObject({
    indexed: rows,
    outbox: 3,
    queue: { visible: 0, inFlight: 0 },
    deadLetters: 0,
    emus: 1,
    pelicans: 0,
    rates: { rowsPerSecond: 12, embeddingsPerSecond: 10, tokensPerSecond: 800 },
    reasons: {},
    health: { postgres: { ok: true }, workers: { ok: false } },
  });
  expect(status.lagSeconds).toBeGreaterThan(0);
  expect(status.health.workers.reason).toContain('127.0.0.1:1');
});

test('with everything away the status still answers, and the table with a 503', async () => {
  const nowhere = 'http://127.0.0.1:1';
  const lonely = await startApp({
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    QUEUE_URL: `${nowhere}/0/q.fifo`,
    DEAD_LETTER_QUEUE_URL: `${nowhere}/0/d.fifo`,
    AWS_ENDPOINT_URL_SQS: nowhere,
    PINECONE_CONTROLLER_URL: nowhere,
  });
  onTestFinished(() => lonely.close());
  const status = statusSchema.parse((await lonely.call('GET', '/api/status')).body);
  expect(status).toMatchObject({ rows: null, indexed: null, outbox: null, queue: null });
  expect(Object.keys(status.reasons).sort()).toEqual([
    ...['deadLetters', 'emus', 'indexed', 'lagSeconds', 'outbox'],
    ...['pelicans', 'queue', 'rates', 'rows'],
  ]);
  expect((await lonely.call('GET', '/api/products')).status).toBe(503);
});

// Last: by now each has been answered.
test('every route answers as openapi.yaml says', () => {
  expect(aviary.contract.unseen('/api/status')).toEqual([]);
});
