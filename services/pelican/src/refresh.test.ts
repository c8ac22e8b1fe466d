import { encodeRefreshRequests } from '@aviary/change-job';
import { startSqs } from '@aviary/local/sqs';
import type { Pool } from '@aviary/postgres';
import { Health, createLogger, createMetrics } from '@aviary/runtime';
import { testDatabase, testQueue, waitUntil, type TestQueue } from '@aviary/testing';
import { expect, test, type TestContext } from 'vitest';
import { aviarySchema, capture, poolTo, write } from '../testing/captured.ts';
import { jobsOf, outboxIsEmpty, startRelay } from '../testing/relaying.ts';
import type { CapturedTable } from './capture/capture.ts';
import { Refresh } from './refresh.ts';
import { RelayStatistics } from './statistics.ts';

const { signal } = new AbortController();

/** A table of ten things, captured and with an empty outbox, and what takes refresh requests for it. */
async function setUp({ onTestFinished }: TestContext, key?: string[]) {
  const database = await testDatabase(aviarySchema);
  const pool = poolTo(database.url);
  const sqs = await startSqs();
  const queues = await testQueue(sqs.url);
  await write(
    pool,
    `create table thing (id integer, shop text default 'a:b', name text, primary key (id, shop));
     create unique index only_id on thing (id);
     insert into thing (id, name) select g, 'thing ' || g from generate_series(1, 10) g`,
  );
  const table = await capture(pool, { table: 'thing', key: key ?? ['id'] });
  onTestFinished(async () => {
    await pool.end();
    await Promise.all([database.drop(), sqs.close()]);
  });
  const warnings: Record<string, unknown>[] = [];
  const logger = createLogger({ service: 'test', level: 'silent' });
  logger.warn = (line: Record<string, unknown>) => void warnings.push(line);

  async function startRefresh(tables = [table]) {
    const health = new Health();
    const statistics = new RelayStatistics(createMetrics('test'));
    const refresh = new Refresh({
      queue: queues.refresh,
      pool,
      tables: new Map(tables.map((known) => [known.sourceId, known])),
      health,
      logger,
      statistics,
    });
    await refresh.start();
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= refresh.stop(AbortSignal.timeout(5_000)));
    onTestFinished(stop);
    return { stop, health, statistics };
  }
  const ask = (index: string, ids: string[]) =>
    queues.refresh.send(
      encodeRefreshRequests(index, ids).map((body) => ({ body })),
      { signal },
    );
  return { sqs, pool, queues, table, warnings, startRefresh, ask };
}

async function answered({ refresh }: TestQueue): Promise<void> {
  const isEmpty = async () => {
    const { visible, inFlight } = await refresh.depth();
    return visible + inFlight === 0;
  };
  await waitUntil(isEmpty, { what: 'every refresh request is acknowledged' });
}

/** All jobs that a relay makes of the outbox. */
async function publishedFrom(pool: Pool, table: CapturedTable, queues: TestQueue) {
  await using relay = await startRelay(pool, [table], queues);
  await waitUntil(() => outboxIsEmpty(pool), { what: 'the outbox is empty' });
  expect(relay.statistics.totals.deadLettered).toBe(0);
  return jobsOf(await queues.drain());
}

test('rows that are asked for are published as they are now, under higher versions', async (context) => {
  const { pool, queues, table, startRefresh, ask } = await setUp(context);
  await write(pool, `update thing set name = 'first' where id in (1, 2)`);
  const before = await publishedFrom(pool, table, queues);
  const { statistics } = await startRefresh();
  await ask('things', ['1', '99']);
  await answered(queues);
  const jobs = await publishedFrom(pool, table, queues);
  expect(jobs).toHaveLength(2);
  expect(jobs).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ op: 'upsert', id: '1', text: 'first', textIsNew: false }),
      expect.objectContaining({ op: 'delete', id: '99' }),
    ]),
  );
  const highest = Math.max(...before.map(({ version }) => version));
  for (const { version } of jobs) expect(version).toBeGreaterThan(highest);
  expect(statistics.totals.refreshedRows).toBe(2);
});

test('a key of several columns is found by its record id', async (context) => {
  const { pool, queues, table, startRefresh, ask } = await setUp(context, ['id', 'shop']);
  await startRefresh();
  await ask('things', ['7:a%3Ab']);
  await answered(queues);
  const jobs = await publishedFrom(pool, table, queues);
  expect(jobs).toMatchObject([{ op: 'upsert', id: '7:a%3Ab', text: 'thing 7' }]);
});

test('a row of a source whose spec another pelican has goes into the outbox too', async (context) => {
  const { pool, queues, table, startRefresh, ask } = await setUp(context);
  await startRefresh([]);
  await ask('things', ['3']);
  await answered(queues);
  expect(await publishedFrom(pool, table, queues)).toMatchObject([{ id: '3' }]);
});

test('what names no source or no key is told and taken away, and holds nothing up', async (context) => {
  const { pool, queues, table, warnings, startRefresh, ask } = await setUp(context);
  await queues.refresh.send([{ body: 'not JSON' }, { body: '{"index":"things"}' }], { signal });
  await ask('nowhere', ['1', '2']);
  await ask('things', ['1:2', '%', 'a b', '100%', '%00', '4']);
  await startRefresh();
  await answered(queues);
  const published = await publishedFrom(pool, table, queues);
  expect(published.map(({ id }) => id).sort()).toEqual(['%', '4']);
  expect(warnings).toHaveLength(4);
  expect(warnings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ event: 'refresh_request_unreadable' }),
      expect.objectContaining({ event: 'refresh_of_unknown_index', index: 'nowhere', rows: 2 }),
      expect.objectContaining({ event: 'refresh_of_no_keys', index: 'things', skipped: 4 }),
    ]),
  );
});

test('two pelicans share the requests', async (context) => {
  const { pool, queues, table, startRefresh, ask } = await setUp(context);
  const pelicans = [await startRefresh(), await startRefresh()];
  for (let id = 1; id <= 10; id += 1) await ask('things', [String(id)]);
  await answered(queues);
  const refreshed = pelicans.map(({ statistics }) => statistics.totals.refreshedRows);
  expect(refreshed[0]).toBe(10 - (refreshed[1] ?? 0));
  expect(await publishedFrom(pool, table, queues)).toHaveLength(10);
});

test('a queue and a database that are away are waited for, and health says so', async (context) => {
  const { sqs, pool, queues, table, startRefresh, ask } = await setUp(context);
  sqs.setFaults({ serverError: 1 });
  const { health } = await startRefresh();
  const unwell = (reason: RegExp) =>
    waitUntil(() => reason.test(health.report()['refresh queue']?.reason ?? ''), {
      what: 'health tells it',
    });
  await unwell(/SQS ReceiveMessage/);
  await pool.query('alter function aviary.enqueue rename to hidden');
  sqs.setFaults({});
  await ask('things', ['5']);
  await unwell(/aviary\.enqueue/);
  expect(await queues.refresh.depth()).toMatchObject({ visible: 0, inFlight: 1 });
  await pool.query('alter function aviary.hidden rename to enqueue');
  await answered(queues);
  expect(health.ready).toBe(true);
  expect(await publishedFrom(pool, table, queues)).toMatchObject([{ id: '5' }]);
});

test('a stop ends a long poll at once, and takes no request along', async (context) => {
  const { queues, startRefresh, ask } = await setUp(context);
  const { stop, health } = await startRefresh();
  await waitUntil(() => health.ready && queues.refresh.calls.receive === 2, {
    what: 'the long poll is under way',
  });
  const begunAt = performance.now();
  await stop();
  // The poll would last for twenty seconds.
  expect(performance.now() - begunAt).toBeLessThan(10_000);
  // Answered after the queue has seen the poll's end.
  await queues.refresh.depth();
  await ask('things', ['1']);
  // What a gone client's poll takes is given back. Taken by pelican, it would be hidden for fifteen seconds.
  const isThere = async () => (await queues.refresh.depth()).visible === 1;
  await waitUntil(isThere, { what: 'the request is there for the next', timeoutMs: 10_000 });
});
