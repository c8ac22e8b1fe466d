import type { Pool } from '@aviary/postgres';
import { readAviary } from './read-aviary.ts';

export interface Outbox {
  /** Changed rows that wait to be queued. */
  waiting: number;
  /** Age of the oldest, or null when none waits. */
  oldestSeconds: number | null;
}

/** @throws RetryableError while Postgres is away or no pelican has prepared the database. */
export async function readOutbox(pool: Pool): Promise<Outbox> {
  const [row] = await readAviary<Outbox>(
    pool,
    'reading the outbox',
    `select waiting::float8,
       extract(epoch from greatest(clock_timestamp(), oldest_at) - oldest_at)::float8 as "oldestSeconds"
     from aviary.backlog`,
  );
  return row ?? { waiting: 0, oldestSeconds: null };
}
