import { provenanceOf, recordId } from '@aviary/change-job';
import type { VectorIndex } from '@aviary/vector-index';
import type { Sync } from '../../shared/product.ts';
import type { ProductTable } from './product-table.ts';

/**
 * Whether search shows a change that was saved at `since`: the record carries the time of the change it was
 * made of. A record of a row that is gone is out of date, whatever its time.
 */
export async function syncOf(
  id: number,
  since: number,
  parts: { table: ProductTable; index: VectorIndex; signal: AbortSignal },
): Promise<Sync> {
  const key = recordId([String(id)]);
  const [records, { exists, now }] = await Promise.all([
    parts.index.fetch([key], parts.signal),
    parts.table.presence(id),
  ]);
  const record = records.get(key);
  const changedAt = provenanceOf(record?.metadata)?.changedAt ?? -Infinity;
  return {
    searchable: exists ? changedAt >= since : record === undefined,
    elapsedMs: Math.max(0, now - since),
  };
}
