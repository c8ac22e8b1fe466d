import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PermanentError } from '@aviary/runtime';
import type { Pool, PoolClient } from 'pg';
import { query, transaction } from './transaction.ts';

/** Any constant: pelicans that start together migrate one after the other. */
const migrationLock = 7_161_001;

/**
 * Applies the SQL files of a directory in the order of their names, each once and all in one transaction.
 *
 * @returns the names of those applied now.
 */
export async function migrate(pool: Pool, directory: string): Promise<string[]> {
  const files = filesOf(directory);
  return transaction(pool, 'migrating schema aviary', async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    await client.query('create schema if not exists aviary');
    await refuseForeignSchema(client);
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

/** The files of a directory that are yet to be applied, by reading alone. */
export async function unapplied(pool: Pool, directory: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    pool,
    'looking migrations up',
    'select name from aviary.migration',
  ).catch((error: unknown) => {
    // No such table: none was applied.
    if ((error as { code?: unknown }).code === '42P01') return [];
    throw error;
  });
  const applied = new Set(rows.map(({ name }) => name));
  return filesOf(directory).filter((name) => !applied.has(name));
}

function filesOf(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort();
}

/**
 * Who owns a schema can have put triggers and functions into it, which would run with the rights of whoever
 * migrates: so a superuser takes none that another one made.
 */
async function refuseForeignSchema(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    `select owner.rolname::text as owner
     from pg_namespace n join pg_roles owner on owner.oid = n.nspowner, pg_roles me
     where n.nspname = 'aviary' and me.rolname = current_user
       and owner.oid <> me.oid and not owner.rolsuper
       and (me.rolsuper or not pg_has_role(owner.oid, 'usage'))`,
  );
  if (rows[0] === undefined) return;
  throw new PermanentError(
    `Schema aviary belongs to ${rows[0].owner}: connect as that user, or, if it is not to be trusted, drop the schema.`,
  );
}
