import type { ReceivedMessage } from '@aviary/queue';

/**
 * The right to work on one row: the messages that one receive gave of it, oldest first. While it lasts, SQS
 * gives messages of that row to nobody else.
 */
export interface Lease {
  readonly messages: readonly ReceivedMessage[];
  /** When SQS lets others have it, on the clock of performance.now(), in milliseconds. */
  expiresAt: number;
  /** Someone had a message of it before and lost it: a frozen process may write it yet. */
  readonly redelivered: boolean;
  /** Writes of its row that were begun and have no answer: they may take effect at any later time. */
  unanswered: number;
}

/**
 * How much of a lease must be left for a write to begin, and how long a write may take: so it ends before
 * another emu can have the row. Extensions in time leave more than 3/8 of the timeout at any moment.
 */
export function writeMarginMs(visibilityTimeoutMs: number): number {
  return visibilityTimeoutMs / 4;
}

/** Everything this emu holds, buffered or in work, and how long it may. */
export class Leases {
  /** By message group. */
  readonly #held = new Map<string, Lease>();
  readonly #visibilityTimeoutMs: number;
  readonly #heartbeatMs: number;
  readonly #marginMs: number;

  constructor(options: { visibilityTimeoutMs: number; heartbeatMs: number }) {
    this.#visibilityTimeoutMs = options.visibilityTimeoutMs;
    this.#heartbeatMs = options.heartbeatMs;
    this.#marginMs = writeMarginMs(options.visibilityTimeoutMs);
  }

  /**
   * One lease for each row among the messages of one receive. What is held already is left out: SQS may
   * deliver a message twice, and the second copy, worked on later, would undo a newer change.
   */
  hold(messages: readonly ReceivedMessage[], receivedAt: number): Lease[] {
    const leases: Lease[] = [];
    for (const [row, ofRow] of Map.groupBy(messages, ({ groupId }) => groupId)) {
      const held = this.#held.get(row);
      if (held !== undefined && held.expiresAt > receivedAt && overlap(held.messages, ofRow))
        continue;
      const lease = {
        messages: ofRow,
        expiresAt: receivedAt + this.#visibilityTimeoutMs - this.#delayMs(ofRow),
        redelivered: ofRow.some((message) => this.#wasLost(message)),
        unanswered: 0,
      };
      this.#held.set(row, lease);
      leases.push(lease);
    }
    return leases;
  }

  release(lease: Lease): void {
    const row = rowOf(lease);
    if (this.#held.get(row) === lease) this.#held.delete(row);
  }

  /** Whether a write begun now is still this emu's to make. */
  isSafe(lease: Lease): boolean {
    return lease.expiresAt - performance.now() > this.#marginMs;
  }

  /** Whether another emu may have had the row by now. */
  isOver(lease: Lease): boolean {
    return lease.expiresAt <= performance.now();
  }

  /** Those older than a heartbeat. */
  due(now: number): Lease[] {
    const youngest = now + this.#visibilityTimeoutMs - this.#heartbeatMs;
    return [...this.#held.values()].filter(
      (lease) => lease.expiresAt <= youngest && lease.expiresAt > now,
    );
  }

  /** @param askedAt when the extension was asked for: SQS counts from then at the earliest. */
  extended(lease: Lease, askedAt: number): void {
    lease.expiresAt = askedAt + this.#visibilityTimeoutMs;
  }

  /** SQS says that the lease has ended. */
  lose(lease: Lease): void {
    lease.expiresAt = -Infinity;
  }

  held(): Lease[] {
    return [...this.#held.values()];
  }

  /**
   * How long the answer with these messages was under way, as far as it can be told: SQS counts from when it gave
   * them. At most a quarter of the timeout, so that no difference of the clocks ends a lease before it is extended.
   */
  #delayMs(messages: readonly ReceivedMessage[]): number {
    const now = Date.now();
    const ages = messages
      .filter(({ receiveCount }) => receiveCount === 1)
      .map(({ firstReceivedAt }) => now - firstReceivedAt);
    return Math.min(Math.max(0, ...ages), this.#marginMs);
  }

  /**
   * Whether a visibility timeout went by since the first receive, rather than a stopping emu handing it back. Half of
   * one: SQS keeps another clock.
   */
  #wasLost({ receiveCount, firstReceivedAt }: ReceivedMessage): boolean {
    return receiveCount > 1 && Date.now() - firstReceivedAt >= this.#visibilityTimeoutMs / 2;
  }
}

function rowOf(lease: Lease): string {
  return lease.messages[0]?.groupId ?? '';
}

function overlap(some: readonly ReceivedMessage[], others: readonly ReceivedMessage[]): boolean {
  return others.some(({ id }) => some.some((message) => message.id === id));
}
