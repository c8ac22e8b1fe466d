import type { Pool } from '@aviary/postgres';
import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poolTo, specOf, write, type Source } from '../../testing/captured.ts';
import { inspectSource } from './source-table.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await testDatabase();
  pool = poolTo(database.url);
  await write(
    pool,
    `create domain inner_id as bigint; create domain outer_id as inner_id;
     create table thing (id outer_id primary key, name text, note varchar(9), made text generated always as (name) virtual);
     create table pair (b int, a text, name text, extra int, primary key (b, a) include (extra));
     create table keyless (id int, name text);
     create table loose (id int unique, code int, name text);
     create unique index on loose (code) where name is not null;
     create table spotted (id box, name text);
     create table moody (id interval primary key, name text);
     create view seen as select * from thing;
     create materialized view kept as select * from thing;
     create table split (id int primary key, name text) partition by range (id);
     create table half partition of split for values from (0) to (10);
     create table parent (id int primary key, name text);
     create table child (primary key (id)) inherits (parent);`,
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const inspect = (source: Source) => inspectSource(pool, specOf(source));

test('a table gives its key, in the order of the spec, and its columns’ types', async () => {
  expect(await inspect({ table: 'thing', metadata: ['note'] })).toMatchObject({
    relation: '"public"."thing"',
    key: [{ name: 'id', type: 'bigint' }],
    text: [{ name: 'name', type: 'text' }],
    metadata: [{ name: 'note', type: 'character varying' }],
  });
  const pair = await inspect({ table: 'pair', key: ['a', 'b'] });
  expect(pair.key.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(pair.walk.map(({ name }) => name)).toEqual(['b', 'a']);
});

const faults: [string, Source, RegExp[]][] = [
  [
    'an absent table',
    { table: 'thin' },
    [/there is no table public\.thin .*create it, or correct/],
  ],
  ['an absent schema', { schema: 'x', table: 'thing' }, [/there is no table x\.thing/]],
  [
    'absent columns, all of them',
    { table: 'thing', text: '{{title}} {{name}}', metadata: ['price'], key: ['ID'] },
    [
      /source\.text names column "title", which public\.thing does not have; it has id, name, note/,
      /source\.metadata names column "price"/,
      /source\.key names column "ID"/,
    ],
  ],
  [
    'no primary key',
    { table: 'keyless' },
    [/has no primary key, .*add one .*or name the columns of a unique/],
  ],
  [
    'a key that is not unique',
    { table: 'thing', key: ['name'] },
    [/no unique index on public\.thing: create one/, /"name" may be null/],
  ],
  ['a key that is half of one', { table: 'pair', key: ['a'] }, [/\(a\) has no unique index/]],
  [
    'a key that may be null',
    { table: 'loose', key: ['id'] },
    [/key column "id" may be null: alter it/],
  ],
  ['a partial index', { table: 'loose', key: ['code'] }, [/\(code\) has no unique index/]],
  [
    'a key of a type that is none for keys',
    { table: 'moody' },
    [/"id" has type interval: a key may be of smallint,/],
  ],
  [
    'a column that triggers do not see',
    { table: 'thing', text: '{{made}}' },
    [/"made", which is generated but not stored/],
  ],
  ['a view', { table: 'seen' }, [/public\.seen is a view: name an ordinary table/]],
  ['a materialized view', { table: 'kept' }, [/is a materialized view/]],
  ['a partitioned table', { table: 'split' }, [/is a partitioned table/]],
  ['a partition', { table: 'half' }, [/is a partition/]],
  ['a parent', { table: 'parent' }, [/is part of an inheritance tree/]],
  ['a child', { table: 'child' }, [/is part of an inheritance tree/]],
];

test.each(faults)('a spec does not fit: %s', async (_, source, reasons) => {
  for (const reason of reasons) await expect(inspect(source)).rejects.toThrow(reason);
  await expect(inspect(source)).rejects.toMatchObject({ name: 'PermanentError' });
});
