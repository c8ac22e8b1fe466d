import { encodeKey, keyOfRecordId } from '@aviary/change-job';
import { query, type Pool } from '@aviary/postgres';
import { PermanentError } from '@aviary/runtime';
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
  for await (const ids of vectors.listIds('', signal)) {
    const keys = ids.flatMap((id) => keyOf(id, table) ?? []);
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

/** Nothing for an id that is none of Aviary's: a delete would not find it. */
function keyOf(id: string, table: CapturedTable): [string[]] | undefined {
  try {
    const key = keyOfRecordId(id);
    return key.length === table.key.length && encodeKey(key) === id ? [key] : undefined;
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}
