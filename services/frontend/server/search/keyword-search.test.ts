import { ReadPool, createPool, keywordIndex } from '@aviary/postgres';
import { toSemanticIndex } from '@aviary/semantic-index';
import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KeywordSearch, allWordsSql, anyWordSql, keywordSessions } from './keyword-search.ts';

const rows = 20_000;
const source = { schema: 'public', table: 'odd " table', text: '{{name}} {{de"scription}}' };
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
  columns: ['name', 'de"scription'],
  language: 'english',
});

let database: TestDatabase;
let pool: ReturnType<typeof createPool>;
let search: KeywordSearch;
beforeAll(async () => {
  database = await testDatabase();
  const connectionString = database.url;
  pool = createPool({ connectionString, max: 2, applicationName: 'test', ...keywordSessions });
  search = new KeywordSearch(
    new ReadPool({ primary: pool, primaryUrl: connectionString, replicas: [] }),
    spec,
  );
  await database.sql(`set search_path = public;
    create table "odd "" table" (id bigint primary key, name text, "de""scription" text, price numeric, last_updated timestamp);
    insert into "odd "" table" select n, 'Thing ' || n, 'Common words, and number' || n % 1000, n, now()
      from generate_series(1, ${rows}) n;
    insert into "odd "" table" values
      (100001, 'Teapot of glass', 'For two cups', 20, now()),
      (100002, 'Cup', 'Goes with a teapot: the teapots are another article', 5, now()),
      (100003, 'Kettle', 'Boils the water for glass after glass', 30, null);
    create index ${keywords.name} on "odd "" table" using gin (${keywords.document});
    analyze "odd "" table"`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const unbounded = { price: {}, updated: {} };
const find = (query: string, bounds = unbounded, page = 1) =>
  search.find({ query, page, pageSize: 3 }, bounds);
const keysOf = async (...asked: Parameters<typeof find>) =>
  (await find(...asked)).matches.map(({ key }) => key);

test('the index is used, whatever is asked for', async () => {
  const planOf = async (sql: string, values: unknown[]) => {
    const { rows: lines } = await pool.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values);
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  };
  const plans = ['teapot', 'common words', '"number7"', '-common', "it's -- ; drop table '"].map(
    (query) => planOf(allWordsSql(keywords), [query, null, null, null, null, 20, 0]),
  );
  const any = planOf(anyWordSql(keywords), ['a b', 1, 2, 3, 4, 20, 0, ["'common'", "'teapot'"]]);
  for (const plan of await Promise.all([...plans, any])) {
    expect(plan).toContain(`Bitmap Index Scan on ${keywords.name}`);
    expect(plan).not.toContain('Seq Scan');
  }
});

test('titles count most, forms of a word are one, and the order is stable', async () => {
  expect(await keysOf('teapots')).toEqual([100001, 100002]);
  const { matches, total } = await find('number7');
  expect(matches.map(({ key }) => key)).toEqual([7, 1007, 2007]);
  expect(total).toBe(20);
  expect(await keysOf('number7', unbounded, 7)).toEqual([18_007, 19_007]);
  expect(await find('number7', unbounded, 8)).toEqual({ matches: [], total: 20 });
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
  expect(matches.map(({ key }) => key)).toEqual([100003, 100001, 100002]);
  const scores = matches.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  for (const score of scores) expect(score).toBeLessThan(1);
  // Words of any kind are looked for as they are.
  expect(await keysOf("teapot o'neill back\\slash 'quoted' semi;colon")).toEqual([100001, 100002]);
});

test('paging ends at 10,000, bounds hold, and what is absent is outside of them', async () => {
  expect((await find('common')).total).toBe(10_000);
  expect(await keysOf('glass', { price: { max: 25 }, updated: {} })).toEqual([100001]);
  expect(await keysOf('glass', { price: {}, updated: { min: 0 } })).toEqual([100001]);
  expect(await keysOf('glass', { price: {}, updated: { max: 0 } })).toEqual([]);
});

test('words are marked in any text, and mark characters of its own are blanked', async () => {
  expect(await search.markWords('glass teapots', ['A teapot, glasses', 'Glass\uE000', ''])).toEqual(
    ['A \uE000teapot\uE001, \uE000glasses\uE001', '\uE000Glass\uE001 ', ''],
  );
});
