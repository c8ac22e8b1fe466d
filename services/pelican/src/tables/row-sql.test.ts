import { recordId } from '@aviary/change-job';
import { quoteIdentifier, type Pool } from '@aviary/postgres';
import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aviarySchema, capture, claimRows, poolTo, write } from '../../testing/captured.ts';
import type { CapturedTable } from '../capture/capture.ts';
import type { ClaimedRow } from '../claimed-row.ts';
import { enqueue } from '../outbox.ts';
import { joinKey, splitKey } from './row-sql.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Claims all there is, and takes it out of the outbox. */
function claimAll(table: CapturedTable): Promise<ClaimedRow[]> {
  return claimRows(pool, new Map([[table.sourceId, table]]), 10_000);
}

/** Makes table `it` anew, with rows `1st`, `2nd`, … of these keys, and returns what is claimed of them. */
async function claimedOf(columns: string, key: string[], keys: string[][]) {
  await write(
    pool,
    `drop table if exists it cascade; create table it (${columns}, name text, value float8)`,
  );
  const table = await capture(pool, { table: 'it', key, metadata: ['value'] }, 'it');
  await write(pool, 'delete from aviary.outbox');
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const rows = keys.map((parts, position) => `(${parts.map(literal).join()}, 'row ${position}')`);
  const names = [...key.map(quoteIdentifier), 'name'].join();
  if (rows.length > 0) await write(pool, `insert into it (${names}) values ${rows.join()}`);
  return { table, rows: await claimAll(table) };
}

const odd = [
  'plain',
  '',
  ' ',
  '  two  ',
  'quo"te',
  "apos'trophe",
  'back\\slash',
  'com,ma',
  '{brace}',
  '[1, 2]',
  'null',
  '%',
  ':',
  '\u0001',
  '\b\f\n\r\t\v',
  '\u001f',
  '\u007f',
  '\u0085',
  '\u2028',
  '\ufeff',
  'grün',
  '漢字',
  '🐦‍🔥',
  'e\u0301',
  '\\u0041',
  '/',
  '<&>',
  "'); drop table it; --",
];

describe('a key is the same text in the trigger, the claim and the id', () => {
  test.each([
    ['smallint', ['-32768', '0', '32767']],
    ['integer', ['-2147483648', '0', '7']],
    ['bigint', ['-9223372036854775808', '0', '9223372036854775807']],
    [
      'numeric',
      ['0', '-1.50', '1e40', '0.000001', 'NaN', 'Infinity', '12345678901234567890.123456789'],
    ],
    ['numeric(10,2)', ['1', '2.50']],
    ['uuid', ['2E1E4A3C-0000-4000-8000-00000000000A']],
    ['text', odd],
    ['varchar(40)', odd],
    ['text collate "C"', odd],
    ['char(5)', ['a', 'abcde', '', '漢']],
    ['boolean', ['true', 'f']],
    ['date', ['2024-02-29', '0001-01-01', '0044-03-15 BC', '12345-01-01', 'infinity', '-infinity']],
    [
      'timestamp',
      [
        '2024-02-29 12:34:56.789012',
        '0044-03-15 01:02:03 BC',
        '29999-01-01',
        'infinity',
        '-infinity',
      ],
    ],
    [
      'timestamptz',
      ['2024-02-29 12:34:56.789012+05:30', '0044-03-15 01:02:03 BC', 'infinity', '-infinity'],
    ],
    ['timestamptz(0)', ['2024-02-29 12:34:56.7+00']],
  ])('%s', async (type, values) => {
    const { table, rows } = await claimedOf(
      `id ${type} primary key`,
      ['id'],
      values.map((value) => [value]),
    );
    expect(rows.map((row) => row.values?.text[0]).sort()).toEqual(
      values.map((_, at) => `row ${at}`).sort(),
    );
    expect(new Set(rows.map((row) => recordId(row.key))).size).toBe(values.length);

    await enqueue(
      pool,
      table.sourceId,
      rows.map((row) => row.key),
    );
    const again = await claimAll(table);
    expect(again.map((row) => row.values?.text[0]).sort()).toEqual(
      rows.map((row) => row.values?.text[0]).sort(),
    );

    await write(pool, 'delete from it');
    const deleted = await claimAll(table);
    expect(deleted.map((row) => row.key).sort()).toEqual(rows.map((row) => row.key).sort());
    expect(deleted.every((row) => row.values === undefined)).toBe(true);
  });

  test('composite, of any characters', async () => {
    const keys = odd.map((text, at) => [text, String(at), text]);
    const columns =
      '"first "" part" text, number bigint, code varchar(40), primary key (number, code, "first "" part")';
    const { table, rows } = await claimedOf(columns, ['first " part', 'number', 'code'], keys);
    const byPart = (key: string[]) => Number(key[1]);
    expect(rows.map((row) => row.key).sort((a, b) => byPart(a) - byPart(b))).toEqual(keys);
    expect(rows.every((row) => row.values !== undefined)).toBe(true);
    await enqueue(pool, table.sourceId, keys);
    const again = await claimAll(table);
    expect(again).toHaveLength(keys.length);
    expect(again.every((row) => row.values !== undefined)).toBe(true);
  });

  test('composite, as JSON, character by character', async () => {
    const points = [...Array(0x300).keys()].slice(1).map((point) => String.fromCharCode(point));
    for (const parts of [points, odd].map((texts) => [texts.join(''), 'x'])) {
      const result = await pool.query<{ text: string }>(
        'select json_build_array($1::text, $2::text)::text as text',
        parts,
      );
      const text = result.rows[0]?.text ?? '';
      expect(splitKey(text, 2)).toEqual(parts);
      expect(joinKey(parts)).toBe(text);
    }
  });

  test('whatever the writer’s settings are', async () => {
    const { table } = await claimedOf('id timestamptz primary key', ['id'], []);
    await write(
      pool,
      `set datestyle = 'SQL, DMY'; set timezone = 'Asia/Tokyo'; set intervalstyle = 'iso_8601';
      insert into it values ('2024-02-01 00:00:00+00', 'kept')`,
    );
    const [row] = await claimAll(table);
    expect(row).toMatchObject({ key: ['2024-02-01T00:00:00.000000Z'], values: { text: ['kept'] } });
  });
});

describe('a row answers to its own key text only', () => {
  test.each([
    ['integer', '7', ['007', ' 7', '+7', 'seven', '99999999999', '']],
    ['uuid', '2e1e4a3c-0000-4000-8000-00000000000a', ['2E1E4A3C-0000-4000-8000-00000000000A', 'x']],
    ['date', '2024-01-02', ['2024-1-2', 'yesterday', 'Jan 2 2024']],
    ['boolean', 'true', ['t', 'yes']],
    ['text', 'a', ['A', 'a ']],
  ])('%s %s', async (type, value, others) => {
    const { table } = await claimedOf(`id ${type} primary key`, ['id'], [[value]]);
    await enqueue(
      pool,
      table.sourceId,
      [value, ...others].map((key) => [key]),
    );
    const rows = await claimAll(table);
    expect(rows).toHaveLength(others.length + 1);
    expect(rows.filter((row) => row.values).map((row) => row.key)).toEqual([[value]]);
  });

  test('also where the collation holds more equal', async () => {
    await write(
      pool,
      `create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    );
    const { table } = await claimedOf('id text collate any_case primary key', ['id'], [['a']]);
    await write(pool, `update it set id = 'A'`);
    const rows = await claimAll(table);
    expect(rows.map(({ key, values }) => [key[0], values?.text[0]]).sort()).toEqual([
      ['A', 'row 0'],
      ['a', undefined],
    ]);
  });
});

test('values become metadata by their type', async () => {
  await write(
    pool,
    `create type mood as enum ('calm'); create domain share as numeric;
    create table kinds (id int primary key, name text, whole bigint, exact numeric, huge numeric, tiny numeric,
      nan float4, part share, flag boolean, day date, at timestamptz, tags text[], grid varchar(9)[][], ids int[],
      doc jsonb, mood mood, spot point, gap interval, nothing text)`,
  );
  const names = [
    'whole',
    'exact',
    'huge',
    'tiny',
    'nan',
    'part',
    'flag',
    'day',
    'at',
    'tags',
    'grid',
    'ids',
    'doc',
    'mood',
    'spot',
    'gap',
    'nothing',
  ];
  const table = await capture(pool, { table: 'kinds', metadata: names }, 'kinds');
  await write(
    pool,
    `insert into kinds values (1, 'n', 42, 12.50, 1e400, 0.1, 'NaN', 0.5, true, '2024-01-02',
    '2024-01-02 03:04:05.5+00', '{a,null,"b c"}', '{{a,b},{c,d}}', '{1,2}', '{"a": [1]}', 'calm', '(1,2)', '1 day')`,
  );
  const [row] = await claimAll(table);
  expect(Object.fromEntries(names.map((name, at) => [name, row?.values?.metadata[at]]))).toEqual({
    whole: 42,
    exact: 12.5,
    huge: Infinity,
    tiny: 0.1,
    nan: NaN,
    part: 0.5,
    flag: true,
    day: Date.UTC(2024, 0, 2) / 1000,
    at: Date.UTC(2024, 0, 2, 3, 4, 5) / 1000 + 0.5,
    tags: ['a', 'b c'],
    grid: ['a', 'b', 'c', 'd'],
    ids: '{1,2}',
    doc: '{"a": [1]}',
    mood: 'calm',
    spot: '(1,2)',
    gap: '1 day',
    nothing: null,
  });
  await write(pool, `insert into kinds values (2, 'without any')`);
  const [empty] = await claimAll(table);
  expect(empty?.values?.metadata).toEqual(names.map(() => null));
});

test('a column is read in part when it is long', async () => {
  await write(pool, 'create table long (id int primary key, name text, note text, tags text[])');
  const table = await capture(pool, { table: 'long', metadata: ['note', 'tags'] }, 'long');
  await write(
    pool,
    `insert into long select 1, repeat('x', 1000000), repeat('y', 1000000), array_agg('tag'::text)
    from generate_series(1, 100000)`,
  );
  const [row] = await claimAll(table);
  expect(row?.values?.text[0]).toHaveLength(65_537);
  expect(row?.values?.metadata[0]).toHaveLength(41_000);
  // 500 rows of 100,000 elements took more than 2 GB when each element came by itself.
  const tags = row?.values?.metadata[1] as string[];
  expect(tags.map((tag) => tag.length)).toEqual([41_000]);
});

test('a list that is not too long is read whole, its nulls left out', async () => {
  await write(pool, 'create table lists (id int primary key, name text, tags text[])');
  const table = await capture(pool, { table: 'lists', metadata: ['tags'] }, 'lists');
  await write(
    pool,
    `insert into lists values (1, 'a', array_fill(null::text, array[50000]) || array['b,"{}', '']),
      (2, 'b', '{}'), (3, 'c', null)`,
  );
  const lists = (await claimAll(table)).map(({ key, values }) => [key[0], values?.metadata[0]]);
  expect(Object.fromEntries(lists)).toEqual({ 1: ['b,"{}', ''], 2: [], 3: null });
});
