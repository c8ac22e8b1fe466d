import type { Pool } from '@aviary/postgres';
import type { VectorIndex } from '@aviary/vector-index';
import type { CapturedTable } from '../capture/capture.ts';
import { enqueue } from '../outbox.ts';
import { rowless } from '../tables/record-rows.ts';

/**
 * Walks the index and puts the keys of records whose rows are gone into the outbox: read anew, they become
 * deletes. This mends an index after messages were lost, at one page of ids in memory. Ids that are none of
 * Aviary's stay: a delete would not find them.
 *
 * @param pace.room is waited for before keys are put into the outbox.
 * @returns how many such records were found.
 */
export async function sweep(
  pool: Pool,
  table: CapturedTable,
  vectors: VectorIndex,
  pace: { signal: AbortSignal; room: () => Promise<void> },
): Promise<number> {
  let found = 0;
  for await (const ids of vectors.listIds('', pace.signal)) {
    const { gone } = await rowless(pool, table, ids);
    if (gone.length > 0) await pace.room();
    await enqueue(pool, table.sourceId, gone);
    found += gone.length;
  }
  return found;
}
