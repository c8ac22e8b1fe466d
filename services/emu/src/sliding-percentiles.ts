/** Enough for a steady p99; at thousands a second it spans less than the window. */
const capacity = 4_096;
const windowMs = 60_000;

/** Percentiles of the newest samples of the last minute. */
export class SlidingPercentiles {
  readonly #values = new Float64Array(capacity);
  readonly #takenAt = new Float64Array(capacity).fill(-Infinity);
  #next = 0;

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#takenAt[this.#next] = performance.now();
    this.#next = (this.#next + 1) % capacity;
  }

  /** The values below which these shares of the samples lie; null without samples. */
  at(...shares: readonly number[]): (number | null)[] {
    const oldest = performance.now() - windowMs;
    const values = this.#values.filter((_, slot) => (this.#takenAt[slot] ?? 0) > oldest).sort();
    return shares.map((share) => values[Math.ceil(share * values.length) - 1] ?? null);
  }
}
