import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { transaction } from './transaction.ts';

/** Any constant: pelicans that start together migrate one after the other. */
const migrationLock = 7_161_001;

/**
 * Applies the SQL files of a directory in the order of their names, each once and all in one transaction.
 *
 * @returns the names of those applied now.
 */
export async function migrate(pool: Pool, directory: string): Promise<string[]> {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return transaction(pool, 'migrating schema aviary', async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    await client.query('create schema if not exists aviary');
    await client.query(
      'create table if not exists aviary.migration (name text primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string }>('select name from aviary.migration');
    const applied = new Set(rows.map((row) => row.name));
    const pending = files.filter((name) => !applied.has(name));
    for (const name of pending) {
      await client.query(readFileSync(join(directory, name), 'utf8'));
      await client.query('insert into aviary.migration (name) values ($1)', [name]);
    }
    return pending;
  });
}
