import type { Pool } from '@aviary/postgres';
import { RetryableError } from '@aviary/runtime';
import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aviarySchema, capture, claimRows, poolTo, write } from '../testing/captured.ts';
import type { CapturedTable } from './capture/capture.ts';
import { Claim } from './claim.ts';

let database: TestDatabase;
let pool: Pool;
let tables: Map<number, CapturedTable>;

beforeEach(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url);
  await write(pool, 'create table thing (id integer primary key, name text)');
  const thing = await capture(pool, { table: 'thing' });
  tables = new Map([[thing.sourceId, thing]]);
  await write(pool, `insert into thing values (1, 'kettle')`);
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** A claim of everything there is. */
async function taken(): Promise<Claim> {
  const claim = new Claim(pool);
  expect(await claim.take(tables, 1_000, 0)).not.toHaveLength(0);
  return claim;
}

/** How many keys another claimant gets. */
const othersGet = async () => (await claimRows(pool, tables, 100)).length;

const expireIn = (interval: string) =>
  pool.query(
    `update aviary.claim_lease set expires_at = clock_timestamp() + $1::interval
     where expires_at > clock_timestamp()`,
    [interval],
  );

test('keeps others from its partitions until its lease is over, whatever becomes of its connection', async () => {
  await taken();
  await database.disconnectAll();
  expect(await othersGet()).toBe(0);
  // In another partition.
  await write(pool, `insert into thing values (2, 'teapot')`);
  expect(await othersGet()).toBe(1);
  await expireIn('0');
  expect(await othersGet()).toBe(1);
});

test('is released when nothing is on its way', async () => {
  const claim = await taken();
  await claim.release(AbortSignal.timeout(5_000));
  expect(await othersGet()).toBe(1);
});

test('is not released while messages may be on their way', async () => {
  const claim = await taken();
  await expect(claim.send(() => Promise.reject(new Error('no answer')))).rejects.toThrow();
  await claim.release(AbortSignal.timeout(5_000));
  expect(await othersGet()).toBe(0);
});

test('that is finished has removed its changes, and lets the next ones be claimed', async () => {
  const claim = await taken();
  await write(pool, `update thing set name = 'pot'`);
  await claim.finish();
  expect(await othersGet()).toBe(1);
  expect(await othersGet()).toBe(0);
});

test('whose lease is nearly over removes nothing: a message may have come too late', async () => {
  const claim = await taken();
  await expireIn('7 seconds');
  await expect(claim.finish()).rejects.toThrow(RetryableError);
  await expireIn('0');
  expect(await othersGet()).toBe(1);
});

test('that slept through the claim of another can neither finish nor release that', async () => {
  const asleep = await taken();
  await expireIn('0');
  const other = await taken();
  await expect(asleep.finish()).rejects.toThrow(/longer than the lease/);
  await asleep.release(AbortSignal.timeout(5_000));
  expect(await othersGet()).toBe(0);
  await other.finish();
});

test('removes what it claimed even where the outbox was rewritten meanwhile, or nothing at all', async () => {
  await write(pool, `insert into thing select g, 'x' from generate_series(2, 500) g`);
  await pool.query('delete from aviary.outbox where partition < 32');
  const claim = await taken();
  await pool.query('vacuum full aviary.outbox');
  const before = (await pool.query('select seq from aviary.outbox order by seq')).rows;
  await claim.finish().catch((error: unknown) => expect(error).toBeInstanceOf(RetryableError));
  const after = (await pool.query('select seq from aviary.outbox order by seq')).rows;
  expect([[], before]).toContainEqual(after);
});

test('lets messages be sent for half its lease, and be believed for three quarters', async () => {
  const before = Date.now();
  const claim = await taken();
  expect(claim.publishBy).toBeGreaterThanOrEqual(before + 15_000);
  expect(claim.publishBy).toBeLessThan(Date.now() + 15_500);
  expect(await claim.send((signal) => Promise.resolve(signal.aborted))).toBe(false);
});

test('holds up nobody who alters or empties the table', async () => {
  await taken();
  await write(pool, `set lock_timeout = '1s'; truncate thing; alter table thing add note text`);
});

test("is in nobody's way who looks after another index", async () => {
  await write(pool, 'create table other (id integer primary key, name text)');
  const other = await capture(pool, { table: 'other' }, 'others');
  await write(pool, `insert into other values (1, 'of the same partition')`);
  await taken();
  expect(await claimRows(pool, new Map([[other.sourceId, other]]), 100)).toHaveLength(1);
});
