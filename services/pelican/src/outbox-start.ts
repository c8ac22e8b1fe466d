import { query, type Pool } from '@aviary/postgres';

/** How old a look must be for its finding to hold, in milliseconds: longer than any usual transaction. */
const settleMs = 5_000;
/** Pause between looks, in milliseconds, and as a multiple of how long the last one took. */
const lookMs = 1_000;
const lookShare = 20;

/**
 * From which seq on the outbox has to be searched. Published changes stay in the index until they are vacuumed,
 * which waits for every older snapshot: behind a dump or a long report, a claim that walks past 200,000 of them
 * takes 60 ms, and from here 0.5 ms.
 *
 * Nothing is missed for good: a transaction that drew a lower seq and commits later than settleMs is found by
 * the next look over everything.
 */
export class OutboxStart {
  /** Lowest seq to search. */
  since = 0;
  #candidate = { seq: 0, at: -Infinity };
  #nextLook = 0;

  /** Looks up, when it is time, where the changes of these sources begin. @throws RetryableError */
  async look(pool: Pool, sources: readonly number[]): Promise<void> {
    const began = performance.now();
    if (began < this.#nextLook) return;
    const rows = await query<{ first: string }>(
      pool,
      'looking for the oldest change',
      'select aviary.first_change($1) as first',
      [sources],
    );
    this.found(Number(rows[0]?.first ?? 0), began);
    const ended = performance.now();
    this.#nextLook = ended + Math.max(lookMs, (ended - began) * lookShare);
  }

  /** Takes in what a look at some time, in milliseconds, has found. */
  found(first: number, at: number): void {
    if (at - this.#candidate.at >= settleMs) {
      this.since = this.#candidate.seq;
      this.#candidate = { seq: first, at };
    }
    this.since = Math.min(this.since, first);
    this.#candidate.seq = Math.min(this.#candidate.seq, first);
  }
}
