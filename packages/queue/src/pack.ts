import { maxMessageBytes } from './queue-attributes.ts';

/** SQS's bound of one batch request, which in bytes is that of a message. */
const maxEntries = 10;

/**
 * Splits entries into batches of at most 10 and 1 MiB, in order. An entry over the bound stands alone and
 * is for the queue to refuse.
 */
export function packBatches<T extends { body: string }>(entries: readonly T[]): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.body);
    if (batch.length === maxEntries || (batch.length > 0 && bytes + size > maxMessageBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
