import { randomUUID } from 'node:crypto';
import { query, type Pool } from '@aviary/postgres';
import { RetryableError, retry } from '@aviary/runtime';
import type { CapturedTable } from './capture/capture.ts';

/*
 * How the lease of a claim is spent, in milliseconds from its beginning. What lies between the bounds is for
 * messages under way and for clocks that differ: a pelican's own runs on while it is frozen, SQS's and Postgres'
 * are compared.
 *
 *     0 ── sends ── 10,000 ── removal ── 12,000 ── arrival in SQS ── 15,000 ─────── 20,000 ── others may claim
 */
const leaseMs = 20_000;
/** When the last message is sent. */
const sendMs = 10_000;
/** What is left of a lease at least when its changes are removed from the outbox. */
const removalLeftMs = 8_000;
/** What is left of it when a message reaches SQS too late to be believed. */
const arrivalLeftMs = 5_000;

/** An outbox row in a claimant's hands. */
export interface ClaimedChange {
  place: string;
  seq: string;
  source_id: number;
  keys: string[];
  text_is_new: boolean | null;
  captured_at: Date;
  version: string;
  lease_ends: number;
}

/**
 * Changes that nobody else publishes until the claim has ended. It is on record, and no transaction stays open:
 * locks would end with their connection while messages may still be on their way, and keep the tables' owners waiting.
 */
export class Claim {
  readonly #pool: Pool;
  readonly #id = randomUUID();
  #sources: readonly number[] = [];
  #changes: readonly ClaimedChange[] = [];
  #sendEnds = 0;
  #onTheirWay = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Takes about `maxKeys` changed keys of these tables, of changes from seq `since` on. Once a claim.
   *
   * @returns none when there is nothing to publish, or all of it is in other hands.
   */
  async take(
    tables: ReadonlyMap<number, CapturedTable>,
    maxKeys: number,
    since: number,
  ): Promise<readonly ClaimedChange[]> {
    this.#sendEnds = performance.now() + sendMs;
    this.#sources = [...tables.keys()];
    this.#changes = await query<ClaimedChange>(
      this.#pool,
      'claiming changes',
      'select * from aviary.claim($1, $2, $3, $4, $5)',
      [this.#id, this.#sources, maxKeys, since, leaseMs],
    );
    return this.#changes;
  }

  /** Until when its messages may reach the queue, in milliseconds since the epoch. */
  get publishBy(): number {
    return (this.#changes[0]?.lease_ends ?? 0) - arrivalLeftMs;
  }

  /** Sends messages, until the signal says that no more may be sent. */
  async send<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#onTheirWay = true;
    const leftMs = Math.max(0, this.#sendEnds - performance.now());
    const result = await work(AbortSignal.timeout(Math.ceil(leftMs)));
    this.#onTheirWay = false;
    return result;
  }

  /**
   * Ends it, and removes its changes from the outbox.
   *
   * @throws RetryableError when the lease is so nearly over that a message may have come too late.
   */
  async finish(): Promise<void> {
    const [outcome] = await query<{ finished: boolean }>(
      this.#pool,
      'removing what is published',
      'select aviary.finish_claim($1, $2, $3, $4, $5) as finished',
      [
        this.#id,
        this.#sources,
        removalLeftMs,
        this.#changes.map(({ place }) => place),
        this.#changes.map(({ seq }) => seq),
      ],
    );
    if (outcome?.finished !== true)
      throw new RetryableError('publishing took longer than the lease of the claim');
  }

  /**
   * Ends it after a failure, its changes left where they are, unless messages may still be on their way: then
   * it runs out by itself. It may be on record though taking it failed.
   *
   * @throws the signal's reason.
   */
  async release(signal: AbortSignal): Promise<void> {
    if (this.#onTheirWay) return;
    await retry(
      () =>
        query(this.#pool, 'ending a claim', 'select aviary.release_claim($1, $2)', [
          this.#id,
          this.#sources,
        ]),
      { signal: AbortSignal.any([signal, AbortSignal.timeout(leaseMs)]) },
    );
  }
}
