import { join } from 'node:path';
import { migrate, type Pool } from '@aviary/postgres';
import { createLogger } from '@aviary/runtime';
import { toSemanticIndex, type SemanticIndex } from '@aviary/semantic-index';
import { installCapture, type CapturedTable } from '../src/capture/capture.ts';
import { Claim } from '../src/claim.ts';
import type { ClaimedRow } from '../src/claimed-row.ts';
import { openPool } from '../src/tables/open-pool.ts';
import { readClaimed } from '../src/read-claimed.ts';
import { inspectSource } from '../src/tables/source-table.ts';

/** A database with schema aviary, as a template for those of tests. */
export const aviarySchema = {
  name: 'pelican',
  prepare: async (url: string): Promise<void> => {
    const pool = poolTo(url);
    await migrate(pool, join(import.meta.dirname, '../migrations'));
    await pool.end();
  },
};

/** A pool as pelican's own. */
export const poolTo = (connectionString: string, max = 4): Pool =>
  openPool({ connectionString, max });

/**
 * Runs statements as an application does, and gives the rows of the last. The test server's user bears the name
 * of schema aviary, which would otherwise come first in its search path.
 */
export async function write(pool: Pool, text: string): Promise<Record<string, unknown>[]> {
  const client = await pool.connect();
  try {
    const results: unknown = await client.query(`set search_path = public; ${text}`);
    return (results as { rows: Record<string, unknown>[] }[]).at(-1)?.rows ?? [];
  } finally {
    client.release(true);
  }
}

/** Begins a transaction that may rest, as an application's may: pelican's own are ended when they rest for 3 s. */
export const begin = (mode = ''): string =>
  `begin ${mode}; set local idle_in_transaction_session_timeout = 0`;

export const silent = createLogger({ service: 'test', level: 'silent' });

/** What a test's spec may say of its source; the text is `{{name}}` unless it says otherwise. */
export interface Source {
  schema?: string;
  table: string;
  key?: string[];
  text?: string;
  metadata?: string[];
  keywords?: { language: string };
}

export function specOf(source: Source, name = 'things'): SemanticIndex {
  return toSemanticIndex({
    apiVersion: 'aviary.dev/v1alpha1',
    kind: 'SemanticIndex',
    metadata: { name },
    spec: {
      source: { text: '{{name}}', ...source },
      embedding: { model: 'text-embedding-3-small', dimensions: 384 },
      target: { index: 'aviary', namespace: name },
    },
  });
}

/** Makes a table's capture what the spec asks for, as a starting pelican does. */
export async function capture(pool: Pool, source: Source, name?: string): Promise<CapturedTable> {
  return installCapture(pool, await inspectSource(pool, specOf(source, name)), () => undefined);
}

/** Takes about so many keys out of the outbox, and returns their rows. */
export async function claimRows(
  pool: Pool,
  tables: ReadonlyMap<number, CapturedTable>,
  maxKeys: number,
): Promise<ClaimedRow[]> {
  const claim = new Claim(pool);
  const changes = await claim.take(tables, maxKeys, 0);
  if (changes.length === 0) return [];
  const rows = await readClaimed(pool, tables, changes, claim.publishBy);
  await claim.finish();
  return rows;
}
