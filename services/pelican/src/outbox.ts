import { query, type Pool } from '@aviary/postgres';
import { joinKey } from './tables/row-sql.ts';

/** Puts rows into the outbox by key, to be read anew and published. */
export async function enqueue(
  pool: Pool,
  sourceId: number,
  keys: readonly (readonly string[])[],
): Promise<void> {
  if (keys.length === 0) return;
  await query(pool, 'putting keys into the outbox', 'select aviary.enqueue($1, $2)', [
    sourceId,
    keys.map(joinKey),
  ]);
}
