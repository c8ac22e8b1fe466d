import { testDatabase, type TestDatabase } from '@aviary/testing';
import type { Pool } from '@aviary/postgres';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { aviarySchema, capture, poolTo, write } from '../../testing/captured.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url);
  await write(pool, 'create table thing (id integer primary key, name text)');
  await write(pool, 'create table other (id integer primary key, name text)');
  await capture(pool, { table: 'thing' });
  await capture(pool, { table: 'other' }, 'others');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(() => write(pool, 'delete from thing; delete from other; delete from aviary.outbox'));

async function awaits(keys: string[], since: Date, index = 'things'): Promise<boolean[]> {
  const rows = await database.sql<{ waits: boolean }>(
    'select * from aviary.awaits_queueing($1, $2, $3) as waits',
    [index, keys, keys.map(() => since)],
  );
  return rows.map(({ waits }) => waits);
}

const now = async (): Promise<Date> => {
  const [row] = await database.sql<{ now: Date }>('select clock_timestamp() as now');
  return row?.now ?? new Date(NaN);
};

test('of the keys asked for, in their order, those with a change since then wait', async () => {
  await write(pool, `insert into thing values (1, 'early')`);
  const since = await now();
  await write(pool, `insert into thing select n, 'new' from generate_series(2, 50) n`);
  await write(pool, `insert into other values (60, 'of another index')`);
  expect(await awaits(['1', '7', '60', 'none', '50'], since)).toEqual([
    false,
    true,
    false,
    false,
    true,
  ]);
  expect(await awaits(['7', '60'], since, 'others')).toEqual([false, true]);
});

test('a key that has left the outbox waits no more', async () => {
  const since = await now();
  await write(pool, `insert into thing values (1, 'new')`);
  await write(pool, 'delete from aviary.outbox');
  expect(await awaits(['1'], since)).toEqual([false]);
});

test('where too much has come since to look through, a key counts as waiting', async () => {
  const since = await now();
  await database.sql(
    `insert into aviary.outbox (partition, source_id, keys)
     select aviary.partition_of('1'), 1, '{x}' from generate_series(1, 200)`,
  );
  expect(await awaits(['1'], since)).toEqual([true]);
  expect(await awaits(['1'], await now())).toEqual([false]);
});
