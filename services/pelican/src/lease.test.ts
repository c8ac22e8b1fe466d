import { RetryableError } from '@aviary/runtime';
import { transaction, type Pool, type PoolClient } from '@aviary/postgres';
import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aviarySchema, capture, poolTo, write } from '../testing/captured.ts';
import type { CapturedTable } from './capture.ts';
import { claim, removeClaimed } from './claim.ts';
import { Lease } from './lease.ts';

let database: TestDatabase;
let pool: Pool;
let tables: Map<number, CapturedTable>;

beforeEach(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url, 6);
  await write(pool, 'create table thing (id integer primary key, name text)');
  const thing = await capture(pool, { table: 'thing' });
  tables = new Map([[thing.sourceId, thing]]);
  await write(pool, `insert into thing values (1, 'kettle')`);
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

const claimOn = (client: PoolClient) => claim(client, tables, 100, 0);
const claimable = () =>
  transaction(pool, 'looking', async (client) => (await claimOn(client)).length);

/** A claimant whose connection breaks after it took its lease. */
async function lostClaimant(): Promise<Lease> {
  const client = await pool.connect();
  client.on('error', () => undefined);
  await client.query('begin');
  const lease = new Lease(await claimOn(client));
  await lease.take(pool);
  client.release(true);
  return lease;
}

test('outlives the connection: nobody else claims until it is over', async () => {
  await lostClaimant();
  expect(await claimable()).toBe(0);
  await write(pool, `insert into thing values (2, 'teapot')`);
  // In another partition.
  expect(await claimable()).toBe(1);
  await pool.query(`update aviary.claim_lease set expires_at = now() where expires_at > now()`);
  expect(await claimable()).toBe(2);
});

test('is released when nothing is on its way', async () => {
  const lease = await lostClaimant();
  await lease.release(pool, AbortSignal.timeout(5_000));
  expect(await claimable()).toBe(1);
});

test('is not released while messages may be on their way', async () => {
  const lease = await lostClaimant();
  await expect(lease.send(() => Promise.reject(new Error('no answer')))).rejects.toThrow();
  await lease.release(pool, AbortSignal.timeout(5_000));
  expect(await claimable()).toBe(0);
});

test('ends with the transaction that removes the changes', async () => {
  await transaction(pool, 'publishing', async (client) => {
    const claimed = await claimOn(client);
    const lease = new Lease(claimed);
    await lease.take(pool);
    await removeClaimed(client, claimed);
    await lease.end(client);
  });
  await write(pool, `update thing set name = 'pot'`);
  expect(await claimable()).toBe(1);
});

test('is not to be had by a claimant that slept through the claim of another', async () => {
  const asleep = await pool.connect();
  asleep.on('error', () => undefined);
  await asleep.query('begin');
  const claimed = await claimOn(asleep);
  // Its session ends, as after a restart, while it knows nothing of it.
  asleep.release(true);
  await transaction(pool, 'publishing', async (client) => {
    const lease = new Lease(await claimOn(client));
    await lease.take(pool);
    await expect(new Lease(claimed).take(pool)).rejects.toThrow(RetryableError);
    await lease.end(client);
  });
  await expect(new Lease(claimed).take(pool)).rejects.toThrow(/another claim took the place/);
});

test('that is nearly over removes nothing: a message may have come too late', async () => {
  const publishing = transaction(pool, 'publishing', async (client) => {
    const claimed = await claimOn(client);
    const lease = new Lease(claimed);
    await lease.take(pool);
    await pool.query(`update aviary.claim_lease set expires_at = now() + interval '7 seconds'
      where expires_at > now()`);
    await removeClaimed(client, claimed);
    await lease.end(client);
  });
  await expect(publishing).rejects.toThrow(/longer than the lease/);
  const { rowCount } = await pool.query('select from aviary.outbox');
  expect(rowCount).toBe(1);
});

test('lets messages be sent for its first half, and be believed for three quarters', async () => {
  await transaction(pool, 'publishing', async (client) => {
    const lease = new Lease(await claimOn(client));
    const publishBy = await lease.take(pool);
    const { rows } = await pool.query<{ ends: number }>(
      `select extract(epoch from max(expires_at))::float8 * 1000 as ends from aviary.claim_lease
       where expires_at > now()`,
    );
    expect(publishBy).toBeCloseTo((rows[0]?.ends ?? 0) - 5_000, 0);
    const aborted = await lease.send((signal) => Promise.resolve(signal.aborted));
    expect(aborted).toBe(false);
  });
});
