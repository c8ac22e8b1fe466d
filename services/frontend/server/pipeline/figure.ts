import { within } from '../within.ts';

/** A figure, or why there is none. */
export type Reading<T> = { value: T; reason: null } | { value: null; reason: string };

/**
 * A figure read from somewhere that may be slow or away. It is kept for a while, read once for all who ask
 * meanwhile, and waited for only so long: a slow source shows its last figure, a failing one its reason.
 */
export class Figure<T> {
  readonly #read: (signal: AbortSignal) => Promise<T>;
  readonly #keepMs: number;
  readonly #timeoutMs: number;
  #last: Reading<T> | undefined;
  #readAt = -Infinity;
  #underWay: Promise<Reading<T>> | undefined;

  constructor(
    read: (signal: AbortSignal) => Promise<T>,
    options: { keepMs: number; timeoutMs?: number },
  ) {
    this.#read = read;
    this.#keepMs = options.keepMs;
    this.#timeoutMs = options.timeoutMs ?? 1_000;
  }

  async get(): Promise<Reading<T>> {
    if (this.#last && performance.now() - this.#readAt < this.#keepMs) return this.#last;
    const tooSlow = Promise.withResolvers<Reading<T>>();
    const timer = setTimeout(() => {
      tooSlow.resolve(
        this.#last ?? { value: null, reason: `It did not answer within ${this.#timeoutMs} ms.` },
      );
    }, this.#timeoutMs);
    this.#underWay ??= this.#readAnew();
    const reading = await Promise.race([this.#underWay, tooSlow.promise]);
    clearTimeout(timer);
    return reading;
  }

  /** What is known is out of date: the next asker reads anew. */
  forget(): void {
    this.#readAt = -Infinity;
    this.#underWay = undefined;
  }

  #readAnew(): Promise<Reading<T>> {
    const underWay = within(10 * this.#timeoutMs, this.#read).then(
      (value): Reading<T> => ({ value, reason: null }),
      (error: unknown): Reading<T> => ({
        value: null,
        reason: error instanceof Error ? error.message : String(error),
      }),
    );
    void underWay.then((reading) => {
      // Forgotten meanwhile: it may show the state before a write.
      if (this.#underWay !== underWay) return;
      this.#last = reading;
      this.#readAt = performance.now();
      this.#underWay = undefined;
    });
    return underWay;
  }
}
