import { RetryableError } from '@aviary/runtime';

export interface KeyQueueOptions {
  /** Keys in work at once; one key never is twice. */
  workers: number;
  /** Pause after a key's first failure, in milliseconds; doubled with each. */
  firstPauseMs?: number;
  longestPauseMs?: number;
  onFailure?: (key: string, error: unknown, pauseMs: number) => void;
}

interface Pending {
  timer: NodeJS.Timeout;
  at: number;
}

/**
 * Keys to look at, each once however often it was asked for: what there is to do is read when a key's turn comes, not
 * carried here. A key that is asked for while in work has another turn behind it.
 *
 *   add ──► waiting ──► in work ──► done, with or without a time to look again
 *              ▲           │
 *              └───────────┘  asked for meanwhile, or failed: after a pause
 */
export class KeyQueue {
  readonly #options: Required<Omit<KeyQueueOptions, 'onFailure'>> & KeyQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #inWork = new Set<string>();
  readonly #again = new Set<string>();
  readonly #later = new Map<string, Pending>();
  readonly #failures = new Map<string, number>();
  /** Workers without work. */
  readonly #idle: (() => void)[] = [];

  constructor(options: KeyQueueOptions) {
    this.#options = { firstPauseMs: 1_000, longestPauseMs: 300_000, ...options };
  }

  /** Keys whose turn has come, and is not over. */
  get depth(): number {
    return this.#waiting.size + this.#inWork.size;
  }

  add(key: string): void {
    this.#forgetTimer(key);
    if (this.#inWork.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#waiting.add(key);
    this.#idle.shift()?.();
  }

  /** The earliest time that was asked for counts. */
  addAfter(key: string, pauseMs: number): void {
    const at = Date.now() + pauseMs;
    const pending = this.#later.get(key);
    if (pending !== undefined && pending.at <= at) return;
    this.#forgetTimer(key);
    const timer = setTimeout(() => this.add(key), pauseMs);
    this.#later.set(key, { timer, at });
  }

  /**
   * Has keys worked at until the signal aborts and what is in work has ended.
   *
   * @param work returns when to look again, in milliseconds; what it throws is tried again after a pause
   */
  async run(
    work: (key: string) => Promise<number | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    const stop = () => {
      for (const wake of this.#idle.splice(0)) wake();
    };
    signal.addEventListener('abort', stop);
    try {
      await Promise.all(
        Array.from({ length: this.#options.workers }, () => this.#work(work, signal)),
      );
    } finally {
      signal.removeEventListener('abort', stop);
      for (const key of [...this.#later.keys()]) this.#forgetTimer(key);
    }
  }

  async #work(
    work: (key: string) => Promise<number | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const [key] = this.#waiting;
      if (key === undefined) {
        await new Promise<void>((resolve) => this.#idle.push(resolve));
        continue;
      }
      this.#waiting.delete(key);
      this.#inWork.add(key);
      let pauseMs: number | undefined;
      try {
        pauseMs = await work(key);
        this.#failures.delete(key);
      } catch (error) {
        if (isOver(signal)) return;
        pauseMs = this.#pauseAfter(key, error);
        this.#options.onFailure?.(key, error, pauseMs);
      } finally {
        this.#inWork.delete(key);
      }
      if (this.#again.delete(key)) this.add(key);
      else if (pauseMs !== undefined) this.addAfter(key, pauseMs);
    }
  }

  /** Exponential, from half of it to all of it at random, and as long as the other side asked for at least. */
  #pauseAfter(key: string, error: unknown): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { firstPauseMs, longestPauseMs } = this.#options;
    const ceiling = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
    const asked = error instanceof RetryableError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(asked, ceiling * (0.5 + Math.random() / 2));
  }

  #forgetTimer(key: string): void {
    clearTimeout(this.#later.get(key)?.timer);
    this.#later.delete(key);
  }
}

/** Also where it looks settled: it aborts while something is awaited. */
const isOver = (signal: AbortSignal): boolean => signal.aborted;
