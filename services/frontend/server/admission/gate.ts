import { RetryableError } from '@aviary/runtime';

export interface GateOptions {
  /** What is kept, for the message to who is refused: "The search". */
  what: string;
  /** Most in work at once. */
  atOnce: number;
  /** Most that wait. */
  queue: number;
  /** Longest wait in the queue, in milliseconds; who would wait longer is refused at once. */
  waitMs: number;
}

/** Told of each arrival, for metrics. */
export type Arrival =
  | { outcome: 'admitted'; waitedMs: number }
  | { outcome: 'left'; waitedMs: number }
  | { outcome: 'refused'; waitedMs: number };

interface Waiter {
  arrivedAt: number;
  admit: () => void;
  refuse: () => void;
}

/** Weight of the newest of the times that work took, in their running average. */
const newest = 0.1;

/**
 * Lets so many in to work, and so many wait for them in the order they came. Who would not be let in in time is told
 * so at once, since a refusal costs nearly nothing and a queue that only grows serves nobody.
 *
 *     arrived ──free──► in work ──► gone
 *        ├──full──► queued ──first in line, one gone──► in work
 *        │             └──waited too long, or left──► gone
 *        └──queue full, or expected wait too long──► refused
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #onArrival: (arrival: Arrival) => void;
  /** In the order of insertion. */
  readonly #waiters = new Set<Waiter>();
  #inWork = 0;
  /** Milliseconds that work takes, on average of late; 0 before the first. */
  #workMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GateOptions, onArrival: (arrival: Arrival) => void = () => undefined) {
    this.#options = options;
    this.#onArrival = onArrival;
  }

  get inWork(): number {
    return this.#inWork;
  }

  get queued(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves when it is this caller's turn; to be left by calling what it resolves to, once or more.
   *
   * @param gone asked for when there is a wait: ends it when the caller has left.
   * @throws RetryableError with the time to come back after; `gone`'s reason.
   */
  async enter(gone: () => AbortSignal): Promise<() => void> {
    if (this.#inWork < this.#options.atOnce && this.#waiters.size === 0) {
      this.#onArrival({ outcome: 'admitted', waitedMs: 0 });
      return this.#begin();
    }
    if (this.#waiters.size >= this.#options.queue || this.#expectedMs() > this.#options.waitMs) {
      throw this.#refusal(0);
    }
    return this.#wait(gone());
  }

  async #wait(gone: AbortSignal): Promise<() => void> {
    gone.throwIfAborted();
    const arrivedAt = performance.now();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#forget(waiter);
        this.#onArrival({ outcome: 'left', waitedMs: performance.now() - arrivedAt });
        reject(gone.reason as Error);
      };
      const waiter: Waiter = {
        arrivedAt,
        admit: () => {
          this.#forget(waiter);
          gone.removeEventListener('abort', leave);
          this.#onArrival({ outcome: 'admitted', waitedMs: performance.now() - arrivedAt });
          resolve(this.#begin());
        },
        refuse: () => {
          this.#forget(waiter);
          gone.removeEventListener('abort', leave);
          reject(this.#refusal(performance.now() - arrivedAt));
        },
      };
      gone.addEventListener('abort', leave, { once: true });
      this.#waiters.add(waiter);
      this.#watchFirst();
    });
  }

  #begin(): () => void {
    const began = performance.now();
    let isOver = false;
    this.#inWork += 1;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#inWork -= 1;
      const took = performance.now() - began;
      this.#workMs = this.#workMs === 0 ? took : this.#workMs + newest * (took - this.#workMs);
      this.#first()?.admit();
    };
  }

  /** Until who comes now would be let in. */
  #expectedMs(): number {
    return ((this.#waiters.size + 1) * this.#workMs) / this.#options.atOnce;
  }

  #first(): Waiter | undefined {
    return this.#waiters.values().next().value;
  }

  #forget(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    this.#watchFirst();
  }

  /** All wait equally long at most, so the first in line is the first whose time is over. */
  #watchFirst(): void {
    const first = this.#first();
    if (first === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#refuseOverdue();
      },
      Math.max(first.arrivedAt + this.#options.waitMs - performance.now(), 1),
    );
  }

  #refuseOverdue(): void {
    const now = performance.now();
    for (const waiter of this.#waiters) {
      if (waiter.arrivedAt + this.#options.waitMs > now) break;
      waiter.refuse();
    }
    this.#watchFirst();
  }

  #refusal(waitedMs: number): RetryableError {
    this.#onArrival({ outcome: 'refused', waitedMs });
    return new RetryableError(
      `${this.#options.what} has more to do than it can at once. Try again in a moment.`,
      { retryAfterMs: Math.max(this.#expectedMs(), 1_000) },
    );
  }
}
