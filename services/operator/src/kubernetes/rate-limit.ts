import { sleep } from '@aviary/runtime';

/** Lets so many through a second, and after a rest so many at once: a bucket of tokens, first come, first served. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  constructor(options: { perSecond: number; burst: number; now?: () => number }) {
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#now = options.now ?? (() => performance.now());
    this.#tokens = options.burst;
    this.#filledAt = this.#now();
  }

  /** Takes a token, of the future's where none is left, and waits for it. */
  async take(signal: AbortSignal): Promise<void> {
    const pauseMs = this.reserve();
    if (pauseMs > 0) await sleep(pauseMs, signal);
  }

  /** @returns how long whoever takes a token now has to wait, in milliseconds */
  reserve(): number {
    const now = this.#now();
    const filled = this.#tokens + ((now - this.#filledAt) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, filled) - 1;
    this.#filledAt = now;
    return Math.max(0, (-this.#tokens / this.#perSecond) * 1_000);
  }
}
