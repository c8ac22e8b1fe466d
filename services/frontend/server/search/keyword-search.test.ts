import { ReadPool, createPool, keywordIndex } from '@aviary/postgres';
import { toSemanticIndex } from '@aviary/semantic-index';
import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IndexedRows } from './indexed-rows.ts';
import { KeywordSearch, keywordSessions } from './keyword-search.ts';
import { allWordsSql, anyWordSql, filterValues } from './keyword-sql.ts';
import type { Filter } from './search-filters.ts';

const rows = 20_000;
const source = {
  schema: 'public',
  table: 'odd " table',
  text: '{{name}} {{de"scription}} {{word}}',
  metadata: ['price', 'last_updated', 'kind'],
};
const spec = toSemanticIndex({
  apiVersion: 'aviary.dev/v1alpha1',
  kind: 'SemanticIndex',
  metadata: { name: 'things' },
  spec: {
    source: { ...source, keywords: { language: 'english' } },
    embedding: { model: 'any', dimensions: 3 },
    target: { index: 'aviary', namespace: 'things' },
  },
});
const keywords = keywordIndex({
  of: 'things',
  ...source,
  columns: ['name', 'de"scription', 'word'],
  language: 'english',
});

let database: TestDatabase;
let pool: ReturnType<typeof createPool>;
let search: KeywordSearch;
let rowsOfTable: IndexedRows;
beforeAll(async () => {
  database = await testDatabase();
  const connectionString = database.url;
  pool = createPool({ connectionString, max: 2, applicationName: 'test', ...keywordSessions });
  const reads = new ReadPool({ primary: pool, primaryUrl: connectionString, replicas: [] });
  rowsOfTable = new IndexedRows(reads, spec);
  search = new KeywordSearch(reads, spec, rowsOfTable);
  await database.sql(`set search_path = public;
    create table "odd "" table" (id bigint primary key, name text, "de""scription" text, price numeric, last_updated timestamp,
      word text, kind text);
    insert into "odd "" table" select n, 'Thing ' || n, 'Common words, and number' || n % 1000, n, now(),
        null, 'thing'
      from generate_series(1, ${rows}) n;
    insert into "odd "" table" values
      (100001, 'Teapot of glass', 'For two cups', 20, now(), null, 'pot'),
      (100002, 'Cup', 'Goes with a teapot: the teapots are another article', 5, now(), null, 'cup'),
      (100003, 'Kettle', 'Boils the water for glass after glass', 30, null, 'kettle', 'pot');
    create index ${keywords.name} on "odd "" table" using gin (${keywords.document});
    analyze "odd "" table"`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const find = (query: string, filters: Filter[] = [], page = 1) =>
  search.find({ query, page, pageSize: 3 }, filters);
const keysOf = async (...asked: Parameters<typeof find>) =>
  (await find(...asked)).matches.map(({ key }) => Number(key[0]));

test('the index is used, whatever is asked for', async () => {
  const { table } = await rowsOfTable.inspect();
  const planOf = async (sql: string, values: unknown[]) => {
    const { rows: lines } = await pool.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values);
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  };
  const plans = ['teapot', 'common words', '"number7"', '-common', "it's -- ; drop table '"].map(
    (query) => planOf(allWordsSql(keywords, table), [query, 20, 0, ...filterValues(table, [])]),
  );
  const any = planOf(anyWordSql(keywords, table), [
    ...['a b', 20, 0, 1, 2, 3, 4, ['thing']],
    ["'common'", "'teapot'"],
  ]);
  for (const plan of await Promise.all([...plans, any])) {
    expect(plan).toContain(`Bitmap Index Scan on ${keywords.name}`);
    expect(plan).not.toContain('Seq Scan');
  }
});

test('titles count most, forms of a word are one, and the order is stable', async () => {
  expect(await keysOf('teapots')).toEqual([100001, 100002]);
  const { matches, total } = await find('number7');
  expect(matches.map(({ key }) => Number(key[0]))).toEqual([7, 1007, 2007]);
  expect(total).toBe(20);
  expect(await keysOf('number7', [], 7)).toEqual([18_007, 19_007]);
  expect(await find('number7', [], 8)).toEqual({ matches: [], total: 20 });
});

test('phrases, exclusions and alternatives are understood', async () => {
  expect(await keysOf('"glass teapot"')).toEqual([]);
  expect(await keysOf('teapot -cup')).toEqual([]);
  expect(await keysOf('teapot -goes')).toEqual([100001]);
  expect((await keysOf('kettle or cups')).toSorted((a, b) => a - b)).toEqual([
    100001, 100002, 100003,
  ]);
});

test('where nothing has all words, what has most of them comes first', async () => {
  const { matches } = await find('a kettle that boils water in a spaceship, not a teapot');
  expect(matches.map(({ key }) => Number(key[0]))).toEqual([100003, 100001, 100002]);
  const scores = matches.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  for (const score of scores) expect(score).toBeLessThan(1);
  // Words of any kind are looked for as they are.
  expect(await keysOf("teapot o'neill back\\slash 'quoted' semi;colon")).toEqual([100001, 100002]);
});

test('paging ends at 10,000, bounds hold, and what is absent is outside of them', async () => {
  expect((await find('common')).total).toBe(10_000);
  expect(await keysOf('glass', [{ column: 'price', min: undefined, max: 25 }])).toEqual([100001]);
  expect(await keysOf('glass', [{ column: 'last_updated', min: 0, max: undefined }])).toEqual([
    100001,
  ]);
  expect(await keysOf('glass', [{ column: 'last_updated', min: undefined, max: 0 }])).toEqual([]);
  expect(await keysOf('glass', [{ column: 'kind', oneOf: ['pot', 'jug'] }])).toHaveLength(2);
  expect(await keysOf('glass', [{ column: 'kind', oneOf: ['jug'] }])).toEqual([]);
});

test('words are marked in any text, and mark characters of its own are blanked', async () => {
  expect(await search.markWords('glass teapots', ['A teapot, glasses', 'Glass\uE000', ''])).toEqual(
    ['A \uE000teapot\uE001, \uE000glasses\uE001', '\uE000Glass\uE001 ', ''],
  );
});
