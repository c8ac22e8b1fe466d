import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import pg from 'pg';
import { reachablePlace, serverAccount } from './account.ts';
import { copyRunning } from './base-backup.ts';
import { superuser } from './initialise.ts';
import { startPostgres, type LocalPostgres } from './start-postgres.ts';

export interface ReplicaOptions {
  primary: Pick<LocalPostgres, 'url' | 'port' | 'dataDir'>;
  /** Absent as yet. Kept on close. */
  dataDir: string;
  /** On 127.0.0.1. 0, the default, takes a free one. */
  port?: number;
}

/** A standby refuses to start with less of these than its primary has. */
const asOnPrimary = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
];

/**
 * Starts a streaming replica of a local Postgres: a copy of its data, then the log as it is written. The primary
 * keeps the log that the replica still needs, in a slot that lasts as long as the primary's data. Resolves when the
 * replica takes reads; how far it is, `pg_last_wal_replay_lsn()` says.
 */
export async function startReplica(options: ReplicaOptions): Promise<LocalPostgres> {
  const { primary } = options;
  const requested = resolve(options.dataDir);
  const account = await serverAccount(primary.dataDir);
  const dataDir = await reachablePlace(account, requested);
  const slot = `replica_${randomBytes(6).toString('hex')}`;
  const settings = await preparePrimary(primary.url, slot);
  await copyRunning({ url: primary.url, from: primary.dataDir, to: dataDir, account });
  return startPostgres({
    dataDir,
    port: options.port ?? 0,
    durable: false,
    settings: {
      ...settings,
      primary_slot_name: slot,
      primary_conninfo: `host=127.0.0.1 port=${primary.port} user=${superuser.user} password=${superuser.password}`,
      // Reads give way to what is replayed after a moment, so that the replica stays current.
      max_standby_streaming_delay: '1s',
      wal_retrieve_retry_interval: '200ms',
    },
  });
}

/** @returns the settings that the replica takes over. */
async function preparePrimary(url: string, slot: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // At once: what is written from now on is kept for it.
    await client.query('select pg_create_physical_replication_slot($1, true)', [slot]);
    const { rows } = await client.query<{ name: string; setting: string }>(
      'select name, setting from pg_settings where name = any ($1)',
      [asOnPrimary],
    );
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  } finally {
    await client.end();
  }
}
