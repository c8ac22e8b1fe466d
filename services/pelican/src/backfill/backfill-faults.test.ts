import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@aviary/postgres';
import { startService, testDatabase, waitUntil, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  collect,
  progressOf,
  startBackfill,
  untilFinished,
  type RunningBackfill,
} from '../../testing/backfilling.ts';
import { aviarySchema, capture, poolTo, write } from '../../testing/captured.ts';
import { cancelBackfills, requestBackfills } from './backfill-requests.ts';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url, 8);
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const things = (rows: number, table = 'thing') =>
  write(
    pool,
    `create table ${table} (id integer primary key, name text);
     insert into ${table} select g, 'x' from generate_series(1, ${rows}) g`,
  );

test('a process that is killed in a step leaves it to another, and each key is taken once', async () => {
  await things(30_000);
  const thing = await capture(pool, { table: 'thing' });
  const collecting = collect(pool, [thing]);
  await using killed = await startService('services/pelican/testing/walk-and-die.ts', {
    DATABASE_URL: database.url,
  });
  expect(await killed.exited).toBe(null);
  expect(await progressOf(pool)).toMatchObject({ processed: 10_000, finished_at: null });
  await using running = startBackfill(pool, [thing]);
  await untilFinished(pool);
  expect(running.health.report()['backfill of things']?.ok).toBe(true);
  const keys = await collecting.stop();
  expect(keys).toHaveLength(30_000);
  expect(new Set(keys.map(String)).size).toBe(30_000);
});

test('a walk at full speed keeps the outbox short, so that an edit finds few keys before it', async () => {
  await things(50_000);
  const thing = await capture(pool, { table: 'thing' });
  await using running = new AsyncDisposableStack();
  running.use(startBackfill(pool, [thing]));
  const waiting = async () => {
    const rows = await write(
      pool,
      'select coalesce(sum(cardinality(keys)), 0)::integer as keys from aviary.outbox',
    );
    return Number(rows[0]?.keys);
  };
  await waitUntil(async () => (await waiting()) > 10_000, { what: 'the outbox is crowded' });
  await write(pool, "insert into thing values (60000, 'live')");
  const { processed } = await progressOf(pool);
  expect(processed).toBe(15_000);
  const before = await write(
    pool,
    `select coalesce(sum(cardinality(before.keys)), 0)::integer as keys
     from aviary.outbox mine join aviary.outbox before using (partition)
     where mine.keys = '{60000}' and before.seq < mine.seq`,
  );
  expect(Number(before[0]?.keys)).toBeLessThan(400);
  const collecting = collect(pool, [thing]);
  await untilFinished(pool);
  expect(new Set((await collecting.stop()).map(String)).size).toBe(50_001);
});

test('a walk waits while many messages are in the queue', async () => {
  await things(3_000);
  const thing = await capture(pool, { table: 'thing' });
  let messages = 20_000;
  let looks = 0;
  const queueDepth = () => {
    looks += 1;
    return Promise.resolve(messages);
  };
  await using running = new AsyncDisposableStack();
  running.use(startBackfill(pool, [thing], undefined, queueDepth));
  await waitUntil(() => looks > 1, { what: 'it has looked twice' });
  expect((await progressOf(pool)).processed).toBe(0);
  messages = 0;
  await untilFinished(pool);
});

test('progress of a table that was never analysed is estimated, and never above the whole', async () => {
  await things(150_000);
  const thing = await capture(pool, { table: 'thing' });
  await write(pool, "update pg_class set reltuples = -1 where oid = 'thing'::regclass");
  const collecting = collect(pool, [thing]);
  await using running = startBackfill(pool, [thing]);
  await waitUntil(async () => (await progressOf(pool)).processed > 0, { what: 'it has begun' });
  const first = await progressOf(pool);
  expect(first.total).toBeGreaterThan(100_000);
  expect(first.total).toBeLessThan(1_000_000);
  const remaining = await running.metrics
    .getSingleMetric('aviary_pelican_backfill_remaining_rows')
    ?.get();
  expect(remaining?.values[0]).toMatchObject({ labels: { index: 'things' } });
  await untilFinished(pool);
  await collecting.stop();
  expect(await progressOf(pool)).toMatchObject({ processed: 150_000, total: 150_000 });
  const walked = await running.metrics.getSingleMetric('aviary_pelican_backfill_rows_total')?.get();
  expect(walked?.values[0]).toMatchObject({ value: 150_000, labels: { index: 'things' } });
});

test('a rate holds over two pelicans, and over one that is stopped', async () => {
  await things(1_000);
  const thing = await capture(pool, { table: 'thing' });
  await requestBackfills(pool, ['things'], { rowsPerSecond: 500, restart: true });
  const collecting = collect(pool, [thing]);
  const startedAt = performance.now();
  {
    await using running = new AsyncDisposableStack();
    running.use(startBackfill(pool, [thing]));
    running.use(startBackfill(pool, [thing]));
    await waitUntil(async () => (await progressOf(pool)).processed >= 300, { what: 'it goes on' });
  }
  await using running = startBackfill(pool, [thing]);
  await untilFinished(pool);
  // Eight steps of 125 rows, and the first needs no wait. Only too fast is wrong: the machine may be busy.
  expect(performance.now() - startedAt).toBeGreaterThan(1_700);
  expect(running.health.report()['backfill of things']?.ok).toBe(true);
  expect(await collecting.stop()).toHaveLength(1_000);
});

/** A sweep that goes on until it is told to end or to fail. */
function heldSweep() {
  let running = 0;
  let begun = 0;
  let ending = Promise.withResolvers<number>();
  return {
    counts: () => ({ running, begun }),
    end: () => ending.resolve(0),
    fail: () => {
      ending.reject(new Error('the index is away'));
      ending = Promise.withResolvers<number>();
    },
    sweep: async (_: unknown, { signal }: { signal: AbortSignal }) => {
      running += 1;
      begun += 1;
      const aborted = delay(60_000, 0, { signal });
      return Promise.race([ending.promise, aborted]).finally(() => (running -= 1));
    },
  };
}

test('one pelican sweeps at a time, another when it is stopped or has failed, and other tables go on', async () => {
  await things(10);
  await things(10, 'other');
  const thing = await capture(pool, { table: 'thing' });
  const other = await capture(pool, { table: 'other' }, 'others');
  const held = heldSweep();
  const sweep = (table: typeof thing, pace: { signal: AbortSignal }) =>
    table === thing ? held.sweep(table, pace) : Promise.resolve(0);
  const phase = async (name: string) =>
    (
      await write(
        pool,
        `select finished_at is not null as finished from aviary.backfill
       join aviary.source on id = source_id where name = '${name}'`,
      )
    )[0]?.finished;
  await using running = new AsyncDisposableStack();
  {
    await using first: RunningBackfill = startBackfill(pool, [thing, other], sweep);
    await waitUntil(() => held.counts().running === 1, { what: 'it sweeps' });
    running.use(startBackfill(pool, [thing, other], sweep));
    await waitUntil(async () => (await phase('others')) === true, { what: 'the other is done' });
    expect(held.counts()).toEqual({ running: 1, begun: 1 });
    expect(first.health.report()['backfill of others']?.ok).toBe(true);
  }
  await waitUntil(() => held.counts().begun === 2, { what: 'the second goes on' });
  held.fail();
  await waitUntil(() => held.counts().begun === 3, { what: 'it is tried again' });
  held.end();
  await waitUntil(async () => (await phase('things')) === true, { what: 'all is done' });
});

test('a cancelled sweep ends, and is no fault', async () => {
  await things(10);
  const thing = await capture(pool, { table: 'thing' });
  const held = heldSweep();
  await using running = startBackfill(pool, [thing], held.sweep);
  await waitUntil(() => held.counts().running === 1, { what: 'it sweeps' });
  expect(await cancelBackfills(pool, ['things'])).toEqual(['things']);
  await waitUntil(() => held.counts().running === 0, { what: 'the sweep ends' });
  expect(running.health.report()['backfill of things']?.ok).toBe(true);
  expect(await cancelBackfills(pool, ['things'])).toEqual([]);
});

test("a walk does not wait for what waits for another index's pelican, which may be halted", async () => {
  await things(3_000);
  await things(20_000, 'other');
  const other = await capture(pool, { table: 'other' }, 'others');
  await write(pool, 'delete from aviary.backfill');
  await pool.query(
    'select aviary.enqueue($1, array(select id::text from public.other)) from generate_series(1, 2)',
    [other.sourceId],
  );
  const thing = await capture(pool, { table: 'thing' });
  await using running = new AsyncDisposableStack();
  running.use(startBackfill(pool, [thing]));
  await untilFinished(pool);
  expect(await progressOf(pool)).toMatchObject({ processed: 3_000 });
});
