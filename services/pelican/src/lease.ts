import { query, type Pool, type PoolClient } from '@aviary/postgres';
import { RetryableError, retry } from '@aviary/runtime';
import type { Claim } from './claim.ts';

/*
 * How a lease is spent, in milliseconds from its beginning. What lies between the bounds is for messages under
 * way and for clocks that differ: a pelican's own runs on while it is frozen, SQS's and Postgres' are compared.
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

/**
 * The right to publish what was claimed. It is on record apart from the claim's transaction, since the locks of
 * that end with its connection, while messages may still be on their way: nobody else publishes changes of
 * these partitions until it has ended.
 */
export class Lease {
  readonly #partitions: number[];
  readonly #versions: string[];
  #sendEnds = 0;
  #onTheirWay = false;

  constructor(claimed: Claim) {
    const versions = new Map(claimed.map(({ partition, version }) => [partition, version]));
    this.#partitions = [...versions.keys()];
    this.#versions = [...versions.values()];
  }

  /**
   * Puts it on record.
   *
   * @returns until when its messages may reach the queue, in milliseconds since the epoch.
   * @throws RetryableError when a newer claim exists, or an older one may still be publishing.
   */
  async take(pool: Pool): Promise<number> {
    this.#sendEnds = performance.now() + sendMs;
    const [taken] = await query<{ ends: number }>(
      pool,
      'taking the lease of a claim',
      'select aviary.take_lease($1, $2, $3) as ends',
      [this.#partitions, this.#versions, leaseMs],
    );
    return (taken?.ends ?? 0) - arrivalLeftMs;
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
   * Ends it with the transaction that removes the changes.
   *
   * @throws RetryableError when it is so nearly over that a message may have come too late.
   */
  async end(client: PoolClient): Promise<void> {
    const { rows } = await client.query<{ ended: number }>({
      name: 'end_lease',
      text: 'select aviary.end_lease($1, $2, $3) as ended',
      values: [this.#partitions, this.#versions, removalLeftMs],
    });
    if (rows[0]?.ended !== this.#partitions.length)
      throw new RetryableError('publishing took longer than the lease of the claim');
  }

  /**
   * Ends it after a failure, unless messages may still be on their way. It may be on record though taking it
   * failed.
   *
   * @throws the signal's reason; it runs out by itself then.
   */
  async release(pool: Pool, signal: AbortSignal): Promise<void> {
    if (this.#onTheirWay) return;
    await retry(
      () =>
        query(pool, 'ending a lease', 'select aviary.end_lease($1, $2, 0)', [
          this.#partitions,
          this.#versions,
        ]),
      { signal: AbortSignal.any([signal, AbortSignal.timeout(leaseMs)]) },
    );
  }
}
