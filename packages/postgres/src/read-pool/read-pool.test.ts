import { RetryableError } from '@aviary/runtime';
import { freePort, testDatabase, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ReadPool, createPool, inReadSession, transaction, type Pool } from '../index.ts';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await testDatabase();
  await database.sql('create table bird (name varchar(10))');
  pool = open(database.url);
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const open = (connectionString: string) =>
  createPool({ connectionString, max: 2, applicationName: 'test' });
const allBirds = 'select name from public.bird where name <> $1';

test('without replicas all is read from the primary, prepared, also after a column got another type', async () => {
  const reads = new ReadPool({ primary: pool, primaryUrl: database.url, replicas: [] });
  const read = () => reads.query<{ name: string }>('reading birds', allBirds, ['emu']);
  await database.sql(`insert into bird values ('emu'), ('pelican')`);
  for (let time = 0; time < 2; time += 1) expect(await read()).toEqual([{ name: 'pelican' }]);
  const [prepared] = await reads.query<{ count: number }>(
    'counting',
    'select count(*)::int as count from pg_prepared_statements where statement like $1',
    ['select name%'],
  );
  expect(prepared?.count).toBe(1);
  await database.sql('alter table bird alter column name type text');
  for (let time = 0; time < 2; time += 1) expect(await read()).toEqual([{ name: 'pelican' }]);
  expect(reads.targets).toMatchObject([{ role: 'primary', inWork: 0 }]);
});

test('a primary that is away may come back; a faulty statement stays one', async () => {
  const url = `postgres://nobody:secret@127.0.0.1:${await freePort()}/x`;
  const away = open(url);
  const reads = new ReadPool({ primary: away, primaryUrl: url, replicas: [] });
  await expect(reads.query('reading', 'select 1')).rejects.toBeInstanceOf(RetryableError);
  expect(reads.targets[0]?.name).not.toContain('secret');
  await away.end();
  const here = new ReadPool({ primary: pool, primaryUrl: database.url, replicas: [] });
  await expect(here.query('reading', 'select wrong')).rejects.toThrow(/column "wrong"/);
});

test('a session learns how far the log is with its commit, and of nobody else’s', async () => {
  const positions: bigint[] = [];
  const session = { after: undefined, wrote: (position: bigint) => positions.push(position) };
  const add = () =>
    transaction(pool, 'adding', (client) => client.query(`insert into public.bird values ('emu')`));
  await add();
  expect(positions).toHaveLength(0);
  await inReadSession(session, add);
  await inReadSession(session, add);
  expect(positions).toHaveLength(2);
  expect((positions[1] ?? 0n) > (positions[0] ?? 0n)).toBe(true);
});
