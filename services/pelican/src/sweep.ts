import { keyOfRecordId } from '@aviary/change-job';
import { query, type Pool } from '@aviary/postgres';
import type { VectorIndex } from '@aviary/vector-index';
import type { CapturedTable } from './capture.ts';
import { enqueue } from './outbox.ts';
import { keysJoinedToRows } from './row-sql.ts';

/**
 * Walks the index and puts the keys of records whose rows are gone into the outbox: read anew, they become
 * deletes. This mends an index after messages were lost, at one page of ids in memory.
 *
 * @returns how many such records were found.
 */
export async function sweep(
  pool: Pool,
  table: CapturedTable,
  vectors: VectorIndex,
  signal: AbortSignal,
): Promise<number> {
  let found = 0;
  for await (const ids of vectors.listIds()) {
    signal.throwIfAborted();
    const keys = ids.map(keyOfRecordId).filter((key) => key.length === table.key.length);
    const rows = await query<{ position: number }>(
      pool,
      'looking for rows of records',
      `select k.position::integer as position from ${keysJoinedToRows(table)}`,
      table.key.map((_, column) => keys.map((key) => key[column])),
    );
    const present = new Set(rows.map(({ position }) => position - 1));
    const gone = keys.filter((_, position) => !present.has(position));
    await enqueue(pool, table.sourceId, gone);
    found += gone.length;
  }
  return found;
}
