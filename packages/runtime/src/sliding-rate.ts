const windowSeconds = 10;

/** How many a second, over the last ten seconds. */
export class SlidingRate {
  readonly #startedAt = performance.now();
  /** One count for each second of the window, and which second it is of. */
  readonly #counts = new Float64Array(windowSeconds);
  readonly #seconds = new Float64Array(windowSeconds).fill(-Infinity);

  add(count: number): void {
    const second = Math.floor(performance.now() / 1_000);
    const slot = second % windowSeconds;
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#counts[slot] = 0;
    }
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
  }

  perSecond(): number {
    const now = performance.now();
    const oldest = Math.floor(now / 1_000) - windowSeconds;
    const sum = this.#counts.reduce(
      (total, count, slot) => ((this.#seconds[slot] ?? 0) > oldest ? total + count : total),
      0,
    );
    const elapsed = Math.min(windowSeconds, Math.max(1, (now - this.#startedAt) / 1_000));
    return Math.round((sum / elapsed) * 10) / 10;
  }
}
