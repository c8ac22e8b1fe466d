import { recordId } from '@aviary/change-job';
import { startPinecone } from '@aviary/local/pinecone';
import type { Pool } from '@aviary/postgres';
import { testDatabase, waitUntil, type TestDatabase } from '@aviary/testing';
import { VectorIndex } from '@aviary/vector-index';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collect, progressOf, startBackfill, untilFinished } from '../../testing/backfilling.ts';
import { aviarySchema, capture, poolTo, write } from '../../testing/captured.ts';
import { sweep } from './sweep.ts';

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

const sql = (text: string) => write(pool, text);

test('a backfill that is stopped is resumed where it was', async () => {
  await sql(`create table thing (id integer primary key, name text);
    insert into thing select g, 'x' from generate_series(1, 20000) g`);
  const thing = await capture(pool, { table: 'thing' });
  {
    await using running = new AsyncDisposableStack();
    running.use(startBackfill(pool, [thing]));
    // It does not come to its end, however late this is seen: nobody takes the keys, and a crowded outbox holds it up.
    await waitUntil(async () => (await progressOf(pool)).processed >= 5_000, {
      what: 'it has begun',
    });
  }
  const { processed, total, finished_at } = await progressOf(pool);
  expect({ total, finished_at }).toEqual({ total: 20_000, finished_at: null });
  expect(processed).toBeLessThan(20_000);
  const collecting = collect(pool, [thing]);
  await using running = new AsyncDisposableStack();
  running.use(startBackfill(pool, [thing]));
  await untilFinished(pool);
  const keys = await collecting.stop();
  expect(keys).toHaveLength(20_000);
  expect(new Set(keys.map(String)).size).toBe(20_000);
});

test('two pelicans share a backfill, and each key is taken once', async () => {
  await sql(`create table thing (id integer primary key, name text);
    insert into thing select g, 'x' from generate_series(1, 20000) g`);
  const thing = await capture(pool, { table: 'thing' });
  const collecting = collect(pool, [thing]);
  await using running = new AsyncDisposableStack();
  running.use(startBackfill(pool, [thing]));
  running.use(startBackfill(pool, [thing]));
  await untilFinished(pool);
  expect(new Set((await collecting.stop()).map(String)).size).toBe(20_000);
  expect(collecting.keys).toHaveLength(20_000);
});

test.each([
  ['text', 'code text primary key', ['code']],
  ['text by a language’s order', 'code text collate "de-x-icu" primary key', ['code']],
  ['text of any case', 'code text collate any_case primary key', ['code']],
  ['composite', 'code text, number numeric, primary key (number, code)', ['code', 'number']],
  [
    'time',
    `code text, at timestamptz default clock_timestamp(), unique (code, at)`,
    ['at', 'code'],
  ],
])('every row is walked, whatever the key: %s', async (_, columns, key) => {
  await sql(`create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create table thing (${columns}, name text);
    ${key.map((column) => `alter table thing alter ${column} set not null`).join(';')};
    insert into thing (code, ${key.includes('number') ? 'number,' : ''} name)
      select chr(97 + g % 26) || case when g % 2 = 0 then '_' else 'Ä' end || g, ${key.includes('number') ? 'g % 100 / 7.0,' : ''} 'x'
      from generate_series(1, 12000) g`);
  const thing = await capture(pool, { table: 'thing', key });
  const collecting = collect(pool, [thing]);
  await using running = new AsyncDisposableStack();
  running.use(startBackfill(pool, [thing]));
  await untilFinished(pool);
  const keys = await collecting.stop();
  expect(new Set(keys.map((parts) => recordId(parts))).size).toBe(12_000);
  expect(keys).toHaveLength(12_000);
});

test('live changes go on meanwhile', async () => {
  await sql(`create table thing (id integer primary key, name text);
    insert into thing select g, 'x' from generate_series(1, 12000) g`);
  const thing = await capture(pool, { table: 'thing' });
  const collecting = collect(pool, [thing]);
  await using running = new AsyncDisposableStack();
  running.use(startBackfill(pool, [thing]));
  for (let id = 20_000; (await progressOf(pool)).finished_at === null; id += 1) {
    await sql(
      `insert into thing values (${id}, 'new'); delete from thing where id = ${id - 20_000}`,
    );
  }
  const keys = new Set((await collecting.stop()).map(String));
  const rows = await sql('select id from thing');
  expect(rows.filter(({ id }) => !keys.has(String(id)))).toEqual([]);
});

test('a table that is gone holds up no other', async () => {
  await sql(`create table thing (id integer primary key, name text);
    create table other (id integer primary key, name text); insert into other values (1, 'x')`);
  const thing = await capture(pool, { table: 'thing' });
  const other = await capture(pool, { table: 'other' }, 'others');
  await sql('drop table thing cascade');
  const collecting = collect(pool, [other]);
  await using backfill = startBackfill(pool, [thing, other]);
  await waitUntil(() => collecting.keys.length === 1, { what: 'the other is walked' });
  await waitUntil(() => backfill.health.report()['backfill of things']?.ok === false, {
    what: 'the table is unwell',
  });
  // As another pelican would, whose table is there.
  await sql('update aviary.backfill set finished_at = now()');
  await waitUntil(() => backfill.health.ready, { what: 'nothing is asked of the table any more' });
  await collecting.stop();
});

test('records whose rows are gone are found, and no others', async () => {
  await sql(`create table thing (id integer primary key, name text);
    insert into thing select g, 'x' from generate_series(1, 250) g`);
  const thing = await capture(pool, { table: 'thing' });
  const pinecone = await startPinecone();
  const vectors = new VectorIndex({
    apiKey: 'test',
    controllerHostUrl: pinecone.url,
    index: 'aviary',
    namespace: 'things',
  });
  await vectors.ensure({ dimension: 2, metric: 'cosine' });
  const ids = [
    ...Array.from({ length: 250 }, (_, at) => String(at + 1)),
    '251',
    '0007',
    'seven',
    '100%',
    '1:2',
  ];
  await vectors.upsert(ids.map((id) => ({ id, values: Float32Array.of(1, 0), metadata: {} })));
  await sql('delete from thing where id <= 3; delete from aviary.outbox');
  const pace = { signal: AbortSignal.timeout(10_000), room: () => Promise.resolve() };
  expect(await sweep(pool, thing, vectors, pace)).toBe(6);
  const keys = await collect(pool, [thing]).stop();
  expect(keys.flat().sort()).toEqual(['0007', '1', '2', '251', '3', 'seven']);
  await pinecone.close();
});
