import { keywordIndex, type Pool } from '@aviary/postgres';
import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { poolTo, specOf, write, type Source } from '../../testing/captured.ts';
import { inspectSource } from '../tables/source-table.ts';
import { installKeywordIndex } from './keyword-index.ts';

let database: TestDatabase;
let pool: Pool;
const waiting = new AbortController().signal;

beforeEach(async () => {
  database = await testDatabase();
  pool = poolTo(database.url);
  await write(
    pool,
    `create table "odd "" table" (id int primary key, "na""me" text, note text, at timestamptz)`,
  );
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const source: Source = {
  table: 'odd " table',
  text: '{{na"me}} {{note}}',
  keywords: { language: 'english' },
};

/** @returns what was done. */
async function install(asked: Source, on = pool, signal = waiting): Promise<string[]> {
  const did: string[] = [];
  const table = await inspectSource(on, specOf(asked));
  await installKeywordIndex(on, table, (event) => did.push(event), signal);
  return did;
}

const indexes = async () =>
  (await write(pool, `select indexname from pg_indexes where indexname like 'aviary\\_%'`)).map(
    ({ indexname }) => String(indexname),
  );

test('the index is made once, made anew for another language or other columns, and dropped when unwanted', async () => {
  expect(await install(source)).toEqual(['keyword_index_built']);
  const first = await indexes();
  expect(first).toHaveLength(1);
  expect(await install(source)).toEqual([]);

  const other = { ...source, keywords: { language: 'simple' } };
  expect(await install(other)).toEqual(['keyword_index_built', 'keyword_index_dropped']);
  expect(await indexes()).toHaveLength(1);
  expect(await indexes()).not.toEqual(first);

  const without = { table: source.table, text: '{{na"me}} {{note}}' };
  expect(await install(without)).toEqual(['keyword_index_dropped']);
  expect(await indexes()).toEqual([]);
  expect(await install(without)).toEqual([]);
});

test('what a build left that was broken off is made anew', async () => {
  await install(source);
  await write(
    pool,
    `update pg_index set indisvalid = false where indexrelid::regclass::text like '%aviary%'`,
  );
  expect(await install(source)).toEqual(['keyword_index_built']);
  expect(await write(pool, 'select from pg_index where not indisvalid')).toHaveLength(0);
});

test('one builds, and the others come again', async () => {
  const other = poolTo(database.url);
  const done = await Promise.allSettled([install(source), install(source, other)]);
  await other.end();
  const events = done.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  expect(events).toEqual(['keyword_index_built']);
  for (const one of done.filter(({ status }) => status === 'rejected')) {
    expect(one).toMatchObject({ reason: { name: 'RetryableError' } });
  }
});

test('what a spec asks for and Postgres cannot give is told with the remedy', async () => {
  await expect(install({ ...source, keywords: { language: 'klingon' } })).rejects.toThrow(
    /"klingon" does not exist: correct source.keywords.language/,
  );
  await expect(install({ ...source, text: '{{at}}' })).rejects.toThrow(
    /IMMUTABLE: .* name text columns alone/,
  );
});

test('a stop while it still connects keeps no connection', async () => {
  await expect(install(source, pool, AbortSignal.abort())).rejects.toThrow('aborted');
  expect(pool.idleCount).toBe(pool.totalCount);
});

test('a text of any length can still be written', async () => {
  await install(source);
  // Each word another one: 1.4 MB of lexemes, were they all indexed.
  await write(
    pool,
    `insert into "odd "" table" select 1, t, t from (select string_agg(md5(n::text), ' ') as t from generate_series(1, 40000) n) texts`,
  );
  const { document } = keywordIndex({
    of: 'things',
    schema: 'public',
    table: source.table,
    columns: ['na"me', 'note'],
    language: 'english',
  });
  const found = await write(
    pool,
    `select id from "odd "" table" where ${document} @@ to_tsquery('english', md5('1'))`,
  );
  expect(found).toEqual([{ id: 1 }]);
});
