import { testDatabase, type TestDatabase } from '@aviary/testing';
import type { Pool } from '@aviary/postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  aviarySchema,
  begin,
  capture,
  poolTo,
  write,
  type Source,
} from '../../testing/captured.ts';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url);
  await sql(`create table thing (
    id integer primary key, name text, price numeric, seen timestamptz, note text)`);
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const thing: Source = { table: 'thing', metadata: ['name', 'price'] };
const sql = (text: string) => write(pool, text);

/** Runs a write and returns the changes it put into the outbox, as `key` or `key=text is new`. */
async function changesOf(statements: string): Promise<string[]> {
  await sql('delete from aviary.outbox');
  await sql(statements);
  return outbox();
}

async function outbox(): Promise<string[]> {
  const rows = await database.sql<{ key: string; fresh: boolean | null }>(
    `select unnest(keys) as key, text_is_new as fresh from aviary.outbox order by seq`,
  );
  return rows.map(({ key, fresh }) => (fresh === null ? key : `${key}=${fresh}`)).sort();
}

test('the keys of a bulk write stand in bounded arrays, each in its partition', async () => {
  await capture(pool, thing);
  await sql('insert into thing (id) select g from generate_series(1, 500000) g');
  const [row] = await sql(
    `select count(*)::integer as rows, max(cardinality(keys)) as longest, sum(cardinality(keys))::integer as keys,
       bool_and(partition = (select aviary.partition_of(key) from unnest(keys) key limit 1)) as right
     from aviary.outbox`,
  );
  expect(row).toMatchObject({ keys: 500_000, right: true });
  expect(row?.longest).toBeLessThan(500);
  expect(row?.rows).toBeLessThan(5_000);
});

describe('a write never fails because of Aviary', () => {
  const writes = `insert into thing values (1, 'a'), (2, 'b'); update thing set name = 'c' where id = 1;
    delete from thing where id = 2; truncate thing`;

  test('whoever writes', async () => {
    await capture(pool, thing);
    const role = `writer_${Date.now()}`;
    await sql(`create role ${role}`);
    await sql(`grant all on thing to ${role}`);
    await sql(`set role ${role}; ${writes}`);
    expect(await outbox()).toHaveLength(5);
    await sql(`drop owned by ${role}; drop role ${role}`);
  });

  test('when columns are renamed', async () => {
    await capture(pool, thing);
    await sql('alter table thing rename name to title');
    await sql('alter table thing rename id to number');
    await sql(writes.replaceAll('name', 'title').replaceAll('where id', 'where number'));
    expect(await outbox()).toEqual(['1', '1=true', '1=true', '2', '2=true']);
  });

  test('when the table is renamed or moved', async () => {
    await capture(pool, thing);
    await sql(
      'create schema other; alter table thing set schema other; alter table other.thing rename to it',
    );
    await sql(writes.replaceAll('thing', 'other.it'));
    expect(await outbox()).toHaveLength(5);
  });

  test('since a watched column is dropped only on purpose', async () => {
    await capture(pool, thing);
    for (const column of ['id', 'name', 'price']) {
      await expect(sql(`alter table thing drop column ${column}`)).rejects.toThrow(
        /other objects depend on it/,
      );
    }
    await sql('alter table thing drop column note');
    await sql(`select aviary.remove_capture('things')`);
    await sql('alter table thing drop column price');
    await sql(writes);
    expect(await outbox()).toEqual([]);
  });

  test('with extreme values', async () => {
    await capture(pool, thing);
    await sql(
      `insert into thing values (1, repeat('x', 20000000), 'NaN', 'infinity'), (2, '', 1e1000, '-infinity')`,
    );
    await sql(`update thing set name = name || 'y', price = price + 1`);
    expect(await outbox()).toHaveLength(4);
  });

  test('when a key column may come to be null', async () => {
    await sql('create table loose (code text not null unique, name text)');
    await capture(pool, { table: 'loose', key: ['code'] });
    await sql('alter table loose alter code drop not null');
    await sql(`insert into loose values (null, 'a'), ('x', 'b')`);
    await sql(
      `update loose set name = 'c'; update loose set code = 'y' where code is null; delete from loose`,
    );
    expect(await outbox()).toEqual(['x', 'x=true', 'x=true', 'y', 'y=true'].sort());
  });
});

describe('names', () => {
  const names = [
    'Mixed Case',
    'qu"ote',
    `in'jection"; drop table thing; --`,
    '$capture$',
    'sélect',
    'old',
  ];

  test.each(names)('of tables and columns: %s', async (name) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await sql(`create schema ${quoted}`);
    await sql(
      `create table ${quoted}.${quoted} (${quoted} text primary key, "the name" text, "a%s" int)`,
    );
    const table = await capture(pool, {
      schema: name,
      table: name,
      text: `{{${name}}} {{the name}}`,
      metadata: ['a%s'],
    });
    expect(table.key.map((column) => column.name)).toEqual([name]);
    expect(await changesOf(`insert into ${quoted}.${quoted} values ('k', 'n', 1)`)).toEqual([
      'k=true',
    ]);
    expect(await changesOf(`update ${quoted}.${quoted} set "a%s" = 2`)).toEqual(['k=false']);
    expect(await changesOf(`truncate ${quoted}.${quoted}`)).toEqual(['k']);
    expect(await sql('select * from thing')).toEqual([]);
  });
});

describe('columns of every kind', () => {
  test('are told apart in text and metadata', async () => {
    await sql(`create type mood as enum ('calm', 'wild')`);
    await sql(`create domain code as text check (value <> '')`);
    await sql(`create domain inner_code as code`);
    const columns = {
      json: [`'{"a": 1}'`, `'{"a":1}'`],
      jsonb: [`'{"a":1}'`, `'{"a":2}'`],
      point: [`'(1,2)'`, `'(1,3)'`],
      mood: [`'calm'`, `'wild'`],
      'text[]': [`'{a,b}'`, `'{a,c}'`],
      inner_code: [`'a'`, `'b'`],
      xml: [`'<a/>'`, `'<b/>'`],
      interval: [`'1 day'`, `'24 hours'`],
      bytea: [`'a'`, `'b'`],
      boolean: ['true', 'null'],
      'double precision': [`'NaN'`, '1'],
      int4range: [`'[1,2)'`, `'[1,3)'`],
      'bit(3)': [`'101'`, `'111'`],
      inet: [`'10.0.0.1'`, `'10.0.0.2'`],
      tsvector: [`'a b'`, `'a c'`],
    };
    for (const [type, [first, second]] of Object.entries(columns)) {
      await sql('drop table if exists kinds cascade');
      await sql(`create table kinds (id int primary key, name ${type}, other ${type})`);
      await capture(pool, { table: 'kinds', metadata: ['other'] }, 'kinds');
      expect(await changesOf(`insert into kinds values (1, ${first}, ${first})`)).toEqual([
        '1=true',
      ]);
      expect(await changesOf(`update kinds set name = name, other = other`)).toEqual([]);
      expect(await changesOf(`update kinds set other = ${second}`)).toEqual(['1=false']);
      expect(await changesOf(`update kinds set name = ${second}`)).toEqual(['1=true']);
    }
  });

  test('that are generated change with what they are made of', async () => {
    await sql(`create table made (id int primary key, first text,
      name text generated always as (upper(first)) stored)`);
    await capture(pool, { table: 'made' });
    expect(await changesOf(`insert into made values (1, 'a')`)).toEqual(['1=true']);
    expect(await changesOf(`update made set first = 'A'`)).toEqual([]);
    expect(await changesOf(`update made set first = 'b'`)).toEqual(['1=true']);
  });

  test('of a collation that holds different texts equal', async () => {
    await sql(
      `create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    );
    await sql(
      'create table loud (id text collate any_case primary key, name text collate any_case)',
    );
    await capture(pool, { table: 'loud' });
    await sql(`insert into loud values ('a', 'tea')`);
    expect(await changesOf(`update loud set name = 'TEA'`)).toEqual(['a=true']);
    expect(await changesOf(`update loud set id = 'A'`)).toEqual(['A=true', 'a']);
  });
});

describe('installing', () => {
  const backfill = async () => {
    const [row] = await sql(`select finished_at is null as due from aviary.backfill`);
    return row?.due as boolean;
  };
  const finish = () => sql('update aviary.backfill set finished_at = now()');
  const triggers = async () =>
    (await sql(`select oid from pg_trigger where tgname like 'aviary%' order by 1`)).map(
      ({ oid }) => oid as number,
    );

  test('anew changes nothing', async () => {
    await capture(pool, thing);
    expect(await backfill()).toBe(true);
    await finish();
    const before = await triggers();
    await capture(pool, thing);
    expect(await triggers()).toEqual(before);
    expect(await backfill()).toBe(false);
  });

  test('a changed spec replaces the triggers and asks for a backfill', async () => {
    await capture(pool, thing);
    await finish();
    await capture(pool, { ...thing, text: '{{note}}' });
    expect(await triggers()).toHaveLength(4);
    expect(await backfill()).toBe(true);
    await sql(`insert into thing values (1, 'a')`);
    expect(await changesOf(`update thing set note = 'x'`)).toEqual(['1=true']);
  });

  test('follows a spec to another table', async () => {
    await capture(pool, thing);
    await sql('create table other (id int primary key, name text)');
    await capture(pool, { table: 'other' });
    expect(await changesOf('insert into thing values (1)')).toEqual([]);
    expect(await changesOf('insert into other values (1)')).toEqual(['1=true']);
  });

  test.each([
    [
      'a table made anew',
      'drop table thing cascade; create table thing (id int primary key, name text, price int)',
    ],
    ['a dropped trigger', 'drop trigger aviary_1_update on thing'],
    ['a disabled trigger', 'alter table thing disable trigger aviary_1_update'],
    [
      'a function gone with its column',
      'alter table thing drop column price cascade; alter table thing add price int',
    ],
    ['a capture removed', `select aviary.remove_capture('things')`],
  ])('mends %s, and asks for a backfill', async (_, damage) => {
    await capture(pool, thing);
    await finish();
    await sql(damage);
    await capture(pool, thing);
    expect(await backfill()).toBe(true);
    await sql(`insert into thing values (1, 'a')`);
    expect(await changesOf(`update thing set name = 'b'`)).toEqual(['1=true']);
  });

  test('several tables, and one table twice, keep out of each other’s way', async () => {
    const first = await capture(pool, thing, 'first');
    const second = await capture(pool, { ...thing, text: '{{note}}' }, 'second');
    await sql(`insert into thing values (1, 'a')`);
    await sql('delete from aviary.outbox');
    await sql(`update thing set note = 'b'`);
    expect(await sql('select source_id from aviary.outbox')).toEqual([
      { source_id: second.sourceId },
    ]);
    await sql(`select aviary.remove_capture('second')`);
    await sql('delete from aviary.outbox');
    await sql(`update thing set name = 'b'`);
    expect(await sql('select source_id from aviary.outbox')).toEqual([
      { source_id: first.sourceId },
    ]);
  });

  test('by several pelicans at once', async () => {
    const captured = await Promise.all([1, 2, 3, 4].map(() => capture(pool, thing)));
    expect(new Set(captured.map((table) => table.sourceId)).size).toBe(1);
    expect(await triggers()).toHaveLength(4);
  });

  test('does not make writers wait behind a long transaction', async () => {
    const client = await pool.connect();
    await client.query(`${begin()}; insert into public.thing values (1)`);
    await expect(capture(pool, thing)).rejects.toThrow(/lock timeout/);
    await client.query('rollback');
    client.release();
    await capture(pool, thing);
    expect(await triggers()).toHaveLength(4);
  });
});
