import type { ClaimedChange } from './claim.ts';

/** The newest change of one key. */
export interface KeyChange {
  version: number;
  /** Orders the changes; of no meaning once they are coalesced. */
  seq: number;
  changedAt: number;
  /** Whether no stored vector can serve; null when that is open. */
  textIsNew: boolean | null;
}

/**
 * The newest version of each key. A text is new when a change says so and none leaves it open: a row that was
 * deleted and inserted again may come back with the text it had.
 */
export function coalesce(
  rows: readonly Pick<ClaimedChange, 'seq' | 'version' | 'keys' | 'text_is_new' | 'captured_at'>[],
): Map<string, KeyChange> {
  const newest = new Map<string, KeyChange>();
  for (const row of rows) {
    const seq = Number(row.seq);
    const version = Number(row.version);
    const changedAt = row.captured_at.getTime();
    for (const key of row.keys) {
      const known = newest.get(key);
      if (known === undefined) {
        newest.set(key, { version, seq, changedAt, textIsNew: row.text_is_new });
        continue;
      }
      if (seq > known.seq) {
        known.seq = seq;
        known.changedAt = changedAt;
      }
      known.textIsNew =
        known.textIsNew === null || row.text_is_new === null
          ? null
          : known.textIsNew || row.text_is_new;
    }
  }
  return newest;
}
