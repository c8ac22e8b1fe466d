import { query, type Pool } from '@aviary/postgres';
import { RetryableError } from '@aviary/runtime';

export interface Outbox {
  /** Changed rows that wait to be queued. */
  waiting: number;
  /** Age of the oldest, or null when none waits. */
  oldestSeconds: number | null;
}

/** Codes of Postgres: no such table, no such schema. */
const absent = new Set(['42P01', '3F000']);

/** @throws RetryableError while Postgres is away or no pelican has prepared the database. */
export async function readOutbox(pool: Pool): Promise<Outbox> {
  try {
    const [row] = await query<Outbox>(
      pool,
      'reading the outbox',
      `select waiting::float8,
              extract(epoch from clock_timestamp() - oldest_at)::float8 as "oldestSeconds"
       from aviary.backlog`,
    );
    return row ?? { waiting: 0, oldestSeconds: null };
  } catch (error) {
    if (!absent.has(String((error as { code?: unknown }).code))) throw error;
    throw new RetryableError('There is no outbox yet: no pelican has run on this database.', {
      cause: error,
    });
  }
}
