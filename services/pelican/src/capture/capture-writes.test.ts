import { testDatabase, type TestDatabase } from '@aviary/testing';
import type { Pool } from '@aviary/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aviarySchema, capture, poolTo, write } from '../../testing/captured.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url);
  await sql(`create table thing (
    id integer primary key, name text, price numeric, seen timestamptz, note text)`);
  await capture(pool, { table: 'thing', metadata: ['name', 'price'] });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

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

describe('a write puts the keys of what it changed into the outbox', () => {
  beforeEach(() =>
    sql(`set session_replication_role = local; truncate thing cascade;
      insert into thing values (1, 'kettle', 10), (2, 'cup', 3), (3, 'spoon', 1)`),
  );

  test.each([
    ['insert', `insert into thing values (4, 'tea')`, ['4=true']],
    [
      'insert of many',
      `insert into thing select g from generate_series(4, 6) g`,
      ['4=true', '5=true', '6=true'],
    ],
    ['insert of none', `insert into thing select 4 where false`, []],
    ['update of text', `update thing set name = 'pot' where id = 1`, ['1=true']],
    ['update of metadata', `update thing set price = 11 where id = 1`, ['1=false']],
    ['update of both', `update thing set price = 11, name = 'pot' where id = 1`, ['1=true']],
    ['update to the same', `update thing set price = price + 0.00, name = name`, []],
    ['update of unwatched columns', `update thing set note = 'new', seen = now()`, []],
    ['update to null', `update thing set name = null where id < 3`, ['1=true', '2=true']],
    ['update of the key', `update thing set id = 9 where id = 1`, ['1', '9=true']],
    ['delete', `delete from thing where id = 2`, ['2']],
    ['delete of many', `delete from thing`, ['1', '2', '3']],
    ['truncate', `truncate thing`, ['1', '2', '3']],
    [
      'upsert',
      `insert into thing values (1, 'pot'), (4, 'tea') on conflict (id) do update set name = excluded.name`,
      ['1=true', '4=true'],
    ],
    ['upsert that does nothing', `insert into thing values (1) on conflict do nothing`, []],
    [
      'merge',
      `merge into thing t using (values (1, 'pot'), (2, null), (5, 'tea')) s (id, name) on t.id = s.id
       when matched and s.name is null then delete
       when matched then update set name = s.name
       when not matched then insert (id, name) values (s.id, s.name)`,
      ['1=true', '2', '5=true'],
    ],
    [
      'writes of one transaction',
      `begin; insert into thing values (4, 'tea'); update thing set name = 'tee' where id = 4;
       delete from thing where id = 4; commit`,
      ['4', '4=true', '4=true'],
    ],
    ['a transaction rolled back', `begin; delete from thing; truncate thing; rollback`, []],
    [
      'a savepoint rolled back',
      `begin; delete from thing where id = 1; savepoint s; delete from thing where id = 2; rollback to s; commit`,
      ['1'],
    ],
    [
      'a session that replicates',
      `set session_replication_role = replica; insert into thing values (4); update thing set name = 'x' where id = 1;
       delete from thing where id = 2`,
      ['1=true', '2', '4=true'],
    ],
  ])('%s', async (_, statements, changes) => {
    expect(await changesOf(statements)).toEqual(changes);
  });

  test('copy', async () => {
    await sql('create table source as select g as id from generate_series(10, 12) g');
    const { from } = await import('pg-copy-streams');
    const client = await pool.connect();
    await sql('delete from aviary.outbox');
    const stream = client.query(from('copy public.thing (id, name) from stdin'));
    const done = new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject));
    stream.end('7\ttea\n8\tmilk\n');
    await done;
    client.release();
    expect(await outbox()).toEqual(['7=true', '8=true']);
  });

  test('a cascade from another table', async () => {
    await sql(`create table part (id integer primary key, name text,
      thing_id integer references thing on delete cascade)`);
    await capture(pool, { table: 'part' }, 'parts');
    await sql(`insert into part values (70, 'lid', 1), (71, 'grip', 1)`);
    expect(await changesOf('delete from thing where id = 1')).toEqual(['1', '70', '71']);
  });

  test('a column that a trigger of the table fills in', async () => {
    await sql(`create or replace function fill() returns trigger language plpgsql as
      $$ begin new.name := new.note; return new; end $$`);
    await sql('create trigger fill before update on thing for each row execute function fill()');
    expect(await changesOf(`update thing set note = 'pot' where id = 1`)).toEqual(['1=true']);
  });
});
