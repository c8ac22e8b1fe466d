/** An account's tokens a minute: a minute's worth at first, and refilled all the time. */
export class TokenBucket {
  readonly #perSecond: number;
  /** When the bucket would be full, had nobody to wait; before now by as much as there is in it. */
  #fullAt = -Infinity;

  /** @param perMinute Infinity for an embedder without limit. */
  constructor(perMinute: number) {
    this.#perSecond = perMinute / 60;
  }

  /** Takes tokens, in the order asked for. @returns how long they are waited for, in seconds. */
  take(tokens: number, now: number): number {
    if (this.#perSecond === Infinity) return 0;
    this.#fullAt = Math.max(this.#fullAt, now) + tokens / this.#perSecond;
    return Math.max(0, this.#fullAt - now - 60);
  }
}
