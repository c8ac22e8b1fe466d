import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PermanentError, RetryableError } from '@aviary/runtime';
import { freePort, testDatabase, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createPool,
  cutConnections,
  migrate,
  query,
  quoteIdentifier,
  transaction,
  type Pool,
} from './index.ts';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await testDatabase();
  pool = open(database.url);
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const open = (connectionString: string, statementTimeoutMs = 5_000) =>
  createPool({ connectionString, max: 2, applicationName: 'test', statementTimeoutMs });

describe('a transaction', () => {
  beforeEach(() => database.sql('create table bird (name text)'));

  test('keeps all of its work or nothing', async () => {
    const add = (name: string, error?: Error) =>
      transaction(pool, 'adding', async (client) => {
        await client.query('insert into public.bird values ($1)', [name]);
        if (error) throw error;
        return name;
      });
    expect(await add('pelican')).toBe('pelican');
    const bug = new TypeError('a bug');
    await expect(add('emu', bug)).rejects.toBe(bug);
    expect(await database.sql('select * from bird')).toEqual([{ name: 'pelican' }]);
  });

  test('that loses its connection may be tried again, on another', async () => {
    const cut = transaction(pool, 'adding', async (client) => {
      await database.disconnectAll();
      await client.query('insert into public.bird values (1)');
    });
    await expect(cut).rejects.toBeInstanceOf(RetryableError);
    expect(await query(pool, 'reading', 'select * from public.bird')).toEqual([]);
  });

  test('is bounded in time', async () => {
    const hurried = open(database.url, 50);
    await expect(query(hurried, 'sleeping', 'select pg_sleep(20)')).rejects.toThrow(
      /sleeping failed: canceling statement due to statement timeout/,
    );
    await hurried.end();
  });
});

test('a server that is away may come back', async () => {
  const away = open(`postgres://nobody@127.0.0.1:${await freePort()}/x`);
  await expect(query(away, 'reading', 'select 1')).rejects.toBeInstanceOf(RetryableError);
  await expect(transaction(away, 'writing', () => Promise.resolve())).rejects.toThrow(
    /Postgres: writing failed: .*ECONNREFUSED/,
  );
  await away.end();
});

test('a connection that is being made is cut as well, though nobody answers', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const away = createPool({
    connectionString: `postgres://nobody@127.0.0.1:${port}/x`,
    ...{ max: 1, applicationName: 'test', connectTimeoutMs: 600_000 },
  });
  const called = once(silent, 'connection');
  const reading = query(away, 'reading', 'select 1');
  await called;
  cutConnections(away);
  await expect(reading).rejects.toBeInstanceOf(RetryableError);
  silent.close();
});

test('a session prints values one way, whatever the database’s defaults', async () => {
  await database.sql(`do $$ begin
    execute format('alter database %I set datestyle = %L', current_database(), 'SQL, DMY');
    execute format('alter database %I set timezone = %L', current_database(), 'Asia/Tokyo');
    execute format('alter database %I set search_path = %L', current_database(), 'elsewhere'); end $$`);
  const [row] = await query<{ text: string }>(
    pool,
    'reading',
    `select timestamptz '2024-05-06 07:08:09+00'::text || current_setting('search_path') as text`,
  );
  expect(row?.text).toBe('2024-05-06 07:08:09+00pg_catalog');
});

test('a file of authorities that cannot be read is named', () => {
  const options = { connectionString: database.url, max: 1, applicationName: 'test' };
  expect(() => createPool({ ...options, caFile: '/absent.pem' })).toThrow(PermanentError);
  expect(() => createPool({ ...options, caFile: '/absent.pem' })).toThrow(/\/absent\.pem/);
});

test('a file of authorities makes TLS a must, and an address may not say otherwise', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'aviary-authorities-'));
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, '');
  const connect = async (query: string) => {
    const connectionString = `${database.url}${query}`;
    const encrypted = createPool({ connectionString, max: 1, applicationName: 'test', caFile });
    await encrypted.query('select 1').finally(() => encrypted.end());
  };
  // The test's server knows no TLS.
  for (const query of ['', '?sslmode=require', '?sslmode=verify-full']) {
    await expect(connect(query)).rejects.toThrow(/does not support SSL/);
  }
  for (const query of ['?sslmode=disable', '?sslmode=no-verify', '?sslmode=prefer']) {
    await expect(connect(query)).rejects.toThrow(/sslmode=\S+, and a file of authorities asks/);
  }
  rmSync(directory, { recursive: true });
});

test.each(['postgres://user:secret@host:port/db', 'postgres://user:sec/ret@host/db'])(
  'an address that is none is refused, and its password not shown: %s',
  (connectionString) => {
    const create = () => createPool({ connectionString, max: 1, applicationName: 'test' });
    expect(create).toThrow(PermanentError);
    expect(create).toThrow(/address cannot be read \(Invalid URL\): write postgres:\/\/user/);
    expect(create).not.toThrow(/sec|ret/);
  },
);

test('an identifier is quoted against whatever it holds', async () => {
  const name = `bird"; drop schema public; --`;
  const [row] = await query<Record<string, number>>(
    pool,
    'reading',
    `select 1 as ${quoteIdentifier(name)}`,
  );
  expect(row).toEqual({ [name]: 1 });
});

describe('migrate', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'aviary-migrations-'));
    write('0001-first.sql', 'create table aviary.first (); create table aviary.second ();');
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const write = (name: string, sql: string) => writeFileSync(join(directory, name), sql);

  test('applies each file once, in order, however many start at once', async () => {
    write('0002-next.sql', 'drop table aviary.second; create table aviary.third ();');
    write('notes.txt', 'no SQL');
    const other = open(database.url);
    const applied = await Promise.all([migrate(pool, directory), migrate(other, directory)]);
    expect(applied.flat()).toEqual(['0001-first.sql', '0002-next.sql']);
    write('0003-last.sql', 'create table aviary.second ();');
    expect(await migrate(pool, directory)).toEqual(['0003-last.sql']);
    await other.end();
  });

  test('applies all that is pending or nothing', async () => {
    write('0002-wrong.sql', 'create table aviary.first ();');
    await expect(migrate(pool, directory)).rejects.toThrow(/already exists/);
    expect(await database.sql(`select to_regnamespace('aviary') as it`)).toEqual([{ it: null }]);
  });
});
