import { EventEmitter, once } from 'node:events';
import type { Queue, ReceivedMessage } from '@aviary/queue';
import { faultPoint } from '@aviary/runtime';
import type { Dependency } from './dependency.ts';
import type { Lease, Leases } from './leases.ts';

/** SQS's bound of one delete request. */
const fullRequest = 10;
/** How long an incomplete request waits for company: far below what a batch takes, so nobody notices. */
const lingerMs = 4;

interface Deletion {
  readonly message: ReceivedMessage;
  readonly settled: (deleted: boolean) => void;
}

export interface AcknowledgerOptions {
  queue: Queue;
  dependency: Dependency;
  leases: Leases;
  /** Ends all waiting and retrying; what is not yet deleted then stays held. */
  signal: AbortSignal;
}

/**
 * Deletes from the queue what is done, in full requests that cross batches, beside the work on the next ones.
 *
 *     pending ─► (ten together, or 4 ms) ─► request, repeated while SQS is away ─► lease released
 */
export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  #pending: Deletion[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #events = new EventEmitter().setMaxListeners(0);
  #unsettled = 0;

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
  }

  /** Leases whose messages are on their way out of the queue. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Deletes the messages of finished leases in the background, and releases the leases. */
  settle(leases: readonly Lease[]): void {
    this.#unsettled += leases.length;
    for (const lease of leases) void this.#settle(lease);
  }

  /** Resolves when at most `limit` leases are unsettled, or the signal has aborted. */
  async whenAtMost(limit: number): Promise<void> {
    while (this.#unsettled > limit) await once(this.#events, 'settled');
  }

  /**
   * Oldest first, each only once those before it are gone: were a newer message deleted and an older one
   * delivered again, the older state would overwrite the newer.
   */
  async #settle(lease: Lease): Promise<void> {
    for (const message of lease.messages) {
      if (!(await this.#delete(message))) break;
    }
    this.#unsettled -= 1;
    if (!this.#options.signal.aborted) this.#options.leases.release(lease);
  }

  #delete(message: ReceivedMessage): Promise<boolean> {
    return new Promise((settled) => {
      this.#pending.push({ message, settled });
      if (this.#pending.length >= fullRequest) this.#flush();
      else this.#timer ??= setTimeout(() => this.#flush(), lingerMs);
    });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const deletions = this.#pending;
    this.#pending = [];
    void this.#request(deletions);
  }

  async #request(deletions: readonly Deletion[]): Promise<void> {
    const { queue, dependency, signal } = this.#options;
    const messages = deletions.map(({ message }) => message);
    faultPoint('emu.acknowledging');
    const refused = await dependency
      .call(() => queue.acknowledge(messages, signal), signal)
      .catch((error: unknown) => {
        if (signal.aborted) return messages;
        throw error;
      });
    faultPoint('emu.acknowledged');
    for (const { message, settled } of deletions) settled(!refused.includes(message));
    setImmediate(() => this.#events.emit('settled'));
  }
}
