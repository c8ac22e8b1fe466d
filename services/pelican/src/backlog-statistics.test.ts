import { Queue, createQueueClient } from '@aviary/queue';
import { createMetrics } from '@aviary/runtime';
import { testDatabase, testQueue } from '@aviary/testing';
import { expect, test } from 'vitest';
import { aviarySchema, poolTo } from '../testing/captured.ts';
import { showBacklog } from './backlog-statistics.ts';

const signal = new AbortController().signal;

test('shows what waits in the outbox and in the queues', async () => {
  await using database = await testDatabase(aviarySchema);
  const { queue, refresh, deadLetters } = await testQueue();
  await using held = poolHolder(database.url);
  const metrics = createMetrics('test');
  showBacklog(metrics, {
    pool: held.pool,
    names: ['things'],
    queues: { changes: queue, refreshes: refresh, dead_letters: deadLetters },
  });
  expect(await metrics.metrics()).toContain('outbox_oldest_age_seconds{service="test"} 0');

  await database.sql(`insert into aviary.source (name, capture_definition, content_definition)
    values ('things', '', ''), ('others', '', '')`);
  await database.sql(`insert into aviary.outbox (partition, source_id, keys, captured_at)
    values (1, 1, '{a,b}', now() - interval '1 hour'), (2, 1, '{c}', now()),
      (2, 2, '{of,another,index}', now() - interval '1 day')`);
  await refresh.send([{ body: 'x' }, { body: 'y', delaySeconds: 900 }], { signal });
  const shown = await metrics.metrics();
  expect(shown).toContain('aviary_pelican_outbox_waiting_rows{service="test"} 3');
  const age = /outbox_oldest_age_seconds{service="test"} (.*)/.exec(shown)?.[1];
  expect(Number(age)).toBeGreaterThanOrEqual(3_600);
  expect(Number(age)).toBeLessThan(7_200);
  for (const line of [
    '{queue="refreshes",state="visible",service="test"} 1',
    '{queue="refreshes",state="delayed",service="test"} 1',
    '{queue="dead_letters",state="in_flight",service="test"} 0',
  ]) {
    expect(shown).toContain(`aviary_pelican_queue_messages${line}`);
  }
});

test('what is away is absent, and the other metrics are there', async () => {
  await using held = poolHolder('postgres://127.0.0.1:1/none');
  const sqs = createQueueClient({ region: 'us-east-1', endpoint: 'http://127.0.0.1:1' });
  const away = new Queue(sqs, 'http://127.0.0.1:1/0/q');
  const metrics = createMetrics('test');
  showBacklog(metrics, {
    pool: held.pool,
    names: ['things'],
    queues: { changes: away, refreshes: away, dead_letters: away },
  });
  const shown = await metrics.metrics();
  expect(shown).not.toMatch(/^aviary_pelican/m);
  expect(shown).toContain('process_cpu_seconds_total');
  sqs.destroy();
});

function poolHolder(url: string) {
  const pool = poolTo(url, 2);
  return { pool, [Symbol.asyncDispose]: () => pool.end() };
}
