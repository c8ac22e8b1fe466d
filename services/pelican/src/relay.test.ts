import { decodeDeadLetter } from '@aviary/change-job';
import { startSqs } from '@aviary/local/sqs';
import type { Pool } from '@aviary/postgres';
import { testDatabase, testQueue, waitUntil, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aviarySchema, begin, capture, claimRows, poolTo, write } from '../testing/captured.ts';
import { jobsOf, outboxIsEmpty, startRelay, textsAfter } from '../testing/relaying.ts';
import type { CapturedTable } from './capture/capture.ts';
import { Claim } from './claim.ts';

let database: TestDatabase;
let pool: Pool;
let thing: CapturedTable;
beforeEach(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url, 12);
  await sql('create table thing (id integer primary key, name text, note text, price numeric)');
  thing = await capture(pool, { table: 'thing', metadata: ['note', 'price'] });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const sql = (text: string) => write(pool, text);
const relayed = () => waitUntil(() => outboxIsEmpty(pool), { what: 'the outbox is empty' });
const tableTexts = async () =>
  Object.fromEntries(
    (await sql('select id, name from thing')).map(({ id, name }) => [String(id), name]),
  );

describe('two relays', () => {
  test('publish every row once, of bulk and of single writes', async () => {
    const queues = await testQueue();
    await sql(`insert into thing select g, 'bulk ' || g from generate_series(1, 6000) g;
      do $$ begin for g in 6001..10000 loop insert into thing values (g, 'one ' || g); end loop; end $$`);
    await using running = new AsyncDisposableStack();
    running.use(await startRelay(pool, [thing], queues));
    running.use(await startRelay(pool, [thing], queues));
    await relayed();
    const jobs = jobsOf(await queues.drain());
    expect(jobs).toHaveLength(10_000);
    expect(textsAfter(jobs)).toEqual(await tableTexts());
    expect(queues.queue.calls.send).toBeLessThan(1_300);
  });

  test('keep each row in order, with growing versions, under many writers', async () => {
    const queues = await testQueue();
    await using running = new AsyncDisposableStack();
    running.use(await startRelay(pool, [thing], queues, { batchKeys: 3 }));
    running.use(await startRelay(pool, [thing], queues, { batchKeys: 3 }));
    const writer = async (seed: number) => {
      for (let i = 1; i <= 150; i += 1) {
        await pool.query(`insert into public.thing values (${(i * seed) % 7}, 'new')
          on conflict (id) do update set name = thing.name || ${i % 10}`);
        if (i % 20 === 0) await pool.query(`delete from public.thing where id = ${(i * seed) % 3}`);
      }
    };
    await Promise.all([1, 2, 3, 5].map(writer));
    await relayed();
    const jobs = jobsOf(await queues.drain());
    expect(textsAfter(jobs)).toEqual(await tableTexts());
    for (const ofRow of Map.groupBy(jobs, (job) => job.id).values()) {
      const versions = ofRow.map((job) => job.version);
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    }
  });

  test('whose connections are cut again and again lose nothing', async () => {
    const sqs = await startSqs({ faults: { latencyMs: 10 } });
    const queues = await testQueue(sqs.url);
    const cut = poolTo(database.url, 8);
    {
      await using running = new AsyncDisposableStack();
      running.use(await startRelay(cut, [thing], queues, { batchKeys: 20 }));
      running.use(await startRelay(cut, [thing], queues, { batchKeys: 20 }));
      for (let round = 0; round < 8; round += 1) {
        await database.sql(`insert into public.thing select g, 'v${round}' from generate_series(1, 400) g
          on conflict (id) do update set name = excluded.name`);
        await database.disconnectAll();
      }
      await relayed();
    }
    await cut.end();
    sqs.setFaults({});
    expect(textsAfter(jobsOf(await queues.drain()))).toEqual(await tableTexts());
    await sqs.close();
  });
});

describe('a transaction', () => {
  test('that commits after later ones is relayed then', async () => {
    const queues = await testQueue();
    await using running = new AsyncDisposableStack();
    running.use(await startRelay(pool, [thing], queues));
    const early = await pool.connect();
    await early.query(`${begin()}; insert into public.thing values (1, 'early')`);
    await sql(`insert into thing values (2, 'late')`);
    await relayed();
    expect(textsAfter(jobsOf(await queues.drain()))).toEqual({ 2: 'late' });
    await early.query('commit');
    early.release();
    await relayed();
    expect(textsAfter(jobsOf(await queues.drain()))).toEqual({ 1: 'early' });
  });

  test('that looks at an old state holds up nothing', async () => {
    const queues = await testQueue();
    const report = await pool.connect();
    await report.query(
      `${begin('isolation level repeatable read')}; select count(*) from public.thing`,
    );
    await using running = new AsyncDisposableStack();
    running.use(await startRelay(pool, [thing], queues));
    for (const name of ['first', 'second']) {
      await sql(`insert into thing select g, '${name}' from generate_series(1, 300) g
        on conflict (id) do update set name = excluded.name`);
      await relayed();
    }
    expect(textsAfter(jobsOf(await queues.drain()))).toEqual(await tableTexts());
    await report.query('rollback');
    report.release();
  });
});

test('a queue that is away is waited for, and health says so', async () => {
  const sqs = await startSqs();
  const queues = await testQueue(sqs.url);
  sqs.setFaults({ serverError: 1 });
  {
    await using relay = await startRelay(pool, [thing], queues);
    await sql(`insert into thing values (1, 'kettle')`);
    await waitUntil(() => relay.health.report().queue?.ok === false, {
      what: 'the queue is unwell',
    });
    expect(relay.health.ready).toBe(false);
    expect(relay.health.report().queue?.reason).toContain('SendMessageBatch');
    sqs.setFaults({});
    await waitUntil(() => relay.health.ready, { what: 'all is well' });
    await relayed();
  }
  expect(textsAfter(jobsOf(await queues.drain()))).toEqual({ 1: 'kettle' });
  await sqs.close();
});

test('a pelican is well again once another has done what it failed at', async () => {
  const sqs = await startSqs();
  const queues = await testQueue(sqs.url);
  sqs.setFaults({ serverError: 1 });
  {
    await using relay = await startRelay(pool, [thing], queues);
    await sql(`insert into thing values (1, 'kettle')`);
    await waitUntil(() => relay.health.report().queue?.ok === false, {
      what: 'the queue is unwell',
    });
    await sql('delete from aviary.outbox');
    await waitUntil(() => relay.health.ready, { what: 'all is well' });
  }
  await sqs.close();
});

test('a stop leaves what is not published for the next', async () => {
  const sqs = await startSqs({ faults: { latencyMs: 20 } });
  const queues = await testQueue(sqs.url);
  await sql(`insert into thing select g, 'thing ' || g from generate_series(1, 2000) g`);
  {
    await using relay = await startRelay(pool, [thing], queues, { batchKeys: 50 });
    await waitUntil(() => relay.statistics.totals.published > 0, { what: 'some are published' });
  }
  const [left] = await sql('select sum(cardinality(keys))::integer as keys from aviary.outbox');
  const before = jobsOf(await queues.drain());
  expect(left?.keys).toBe(2_000 - before.length);
  expect(before.length).toBeLessThan(2_000);
  sqs.setFaults({});
  {
    await using running = new AsyncDisposableStack();
    running.use(await startRelay(pool, [thing], queues));
    await relayed();
  }
  expect(jobsOf(await queues.drain())).toHaveLength(2_000 - before.length);
  await sqs.close();
});

describe('rows', () => {
  test('that cannot be records are dead-lettered with a reason, and hold up none', async () => {
    await sql('create table code (id text primary key, name text, price numeric, note text)');
    const code = await capture(pool, { table: 'code', metadata: ['price', 'note'] }, 'codes');
    const queues = await testQueue();
    await sql(`insert into code values ('long', 'a', 1, repeat('x', 50000)), ('nan', 'a', 'NaN', null),
      ('endless', 'a', 'Infinity', null), ('huge', 'a', 1e999, null), (repeat('k', 600), 'a', 1, null);
      insert into code select 'good ' || g, 'good', g from generate_series(1, 300) g;
      insert into code values (repeat('g', 600), 'gone', 1, null); delete from code where name = 'gone'`);
    await using relay = await startRelay(pool, [code], queues);
    await relayed();
    expect(jobsOf(await queues.drain())).toHaveLength(300);
    const letters = (await queues.drain(queues.deadLetters)).map(decodeDeadLetter);
    const reasons = new Map(letters.map((letter) => [letter?.id, letter?.reason]));
    expect(reasons.size).toBe(5);
    expect(reasons.get('long')).toMatch(/shorten the row's "note"/);
    expect(reasons.get('nan')).toMatch(/"price" is NaN/);
    expect(reasons.get('endless')).toMatch(/"price" is Infinity/);
    expect(reasons.get('huge')).toMatch(/"price" is Infinity/);
    expect(reasons.get('k'.repeat(600))).toMatch(/600 characters long/);
    expect(letters.every((letter) => letter?.stage === 'render' && letter.index === 'codes')).toBe(
      true,
    );
    expect(relay.statistics.totals).toMatchObject({ published: 300, deadLettered: 5 });
  });

  test('without text are deletes, and long ones are cut', async () => {
    const queues = await testQueue();
    await sql(
      `insert into thing values (1, null), (2, ' '), (3, repeat('tea ', 2250)), (4, repeat('tea ', 250000))`,
    );
    await using relay = await startRelay(pool, [thing], queues);
    await relayed();
    const jobs = Object.fromEntries(jobsOf(await queues.drain()).map((job) => [job.id, job]));
    expect(jobs['1']?.op).toBe('delete');
    expect(jobs['2']?.op).toBe('delete');
    expect(jobs['3']).toMatchObject({ op: 'upsert', text: 'tea '.repeat(2_250).trim() });
    expect(jobs['4']?.op === 'upsert' && jobs['4'].text.length).toBeGreaterThan(20_000);
    expect(relay.statistics.totals.textsCut).toBe(1);
  });

  test('of a table that is gone hold up no other table', async () => {
    await sql('create table other (id integer primary key, name text)');
    const other = await capture(pool, { table: 'other' }, 'others');
    const queues = await testQueue();
    await sql(`insert into thing select g, 'thing' from generate_series(1, 500) g`);
    await sql('drop table thing cascade');
    await using relay = await startRelay(pool, [thing, other], queues);
    const part = () => relay.health.report()['table of things'];
    await waitUntil(() => part()?.ok === false, { what: 'the table is unwell' });
    expect(part()?.reason).toMatch(/reading "public"."thing" failed: .*mend the table or the spec/);
    await sql(`insert into other select g, 'other' from generate_series(1, 500) g`);
    await waitUntil(() => relay.statistics.totals.published === 500, {
      what: 'the others are published',
    });
    const [kept] = await sql(`select sum(cardinality(keys))::integer as keys from aviary.outbox
      where source_id = ${thing.sourceId}`);
    expect(kept?.keys).toBe(500);
  });

  test('whose keys have no longer the shape of the table’s key hold up none', async () => {
    await sql('create table pair (a text, b text, name text, primary key (a, b))');
    const pair = await capture(pool, { table: 'pair' }, 'pairs');
    const queues = await testQueue();
    await sql(`insert into pair values ('a', 'b', 'kettle');
      select aviary.enqueue(${pair.sourceId}, array['7', '{', '["only one"]', '[1, null]', 'null'])`);
    await using running = new AsyncDisposableStack();
    running.use(await startRelay(pool, [pair], queues));
    await relayed();
    expect(textsAfter(jobsOf(await queues.drain()))).toEqual({ 'a:b': 'kettle' });
  });

  test('that come and go within one claim are one job', async () => {
    const queues = await testQueue();
    await sql(`insert into thing values (1, 'a'), (2, 'b'); update thing set name = 'c' where id = 1;
      update thing set name = 'd' where id = 1; delete from thing where id = 2; update thing set id = 3 where id = 1`);
    await using relay = await startRelay(pool, [thing], queues);
    await relayed();
    const jobs = jobsOf(await queues.drain());
    expect(jobs.map(({ id, op }) => `${op} ${id}`).sort()).toEqual([
      'delete 1',
      'delete 2',
      'upsert 3',
    ]);
    expect(relay.statistics.totals.coalescedChanges).toBe(4);
  });
});

test('claims begin anywhere, so that every partition has its turn', async () => {
  await sql(`insert into thing select g, 'x' from generate_series(1, 6400) g`);
  const tables = new Map([[thing.sourceId, thing]]);
  const first = new Set<string | undefined>();
  for (let round = 0; round < 100; round += 1) {
    const claim = new Claim(pool);
    const [change] = await claim.take(tables, 1, 0);
    first.add(change?.seq);
    await claim.release(AbortSignal.timeout(5_000));
  }
  expect(first.size).toBeGreaterThan(32);
});

test('a plan made for an empty table serves a full one', async () => {
  const tables = new Map([[thing.sourceId, thing]]);
  const one = poolTo(database.url, 1);
  const claimAll = async () => (await claimRows(one, tables, 2_000)).length;
  await sql('analyze thing');
  for (let round = 0; round < 10; round += 1) {
    await sql(`insert into thing values (-1, 'x'); delete from thing`);
    expect(await claimAll()).toBe(1);
  }
  await sql(`insert into thing select g, 'x' from generate_series(1, 30000) g`);
  expect(await claimAll()).toBeGreaterThanOrEqual(2_000);
  await one.query('select pg_stat_force_next_flush()');
  const read = await sql(`select relname, (seq_tup_read + idx_tup_fetch)::integer as rows
    from pg_stat_user_tables where relname in ('thing', 'outbox') order by 1`);
  // By index each row once; by another plan all 30,000, and again for each key: 20 ms and 10 s.
  expect(read.map(({ relname }) => relname)).toEqual(['outbox', 'thing']);
  for (const { rows } of read) expect(rows).toBeLessThan(10_000);
  await one.end();
});
