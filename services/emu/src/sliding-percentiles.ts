/** Enough for a steady p99; at thousands a second it spans less than the window. */
const capacity = 4_096;
const windowMs = 60_000;
/** A count's bounds are so far apart: what is read from merged counts is at most 5 % too much. */
const step = 1.05;

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
    const values = this.#recent().sort();
    return shares.map((share) => values[Math.ceil(share * values.length) - 1] ?? null);
  }

  /**
   * How many samples lie below each bound and above the one before, as [bound, count], ascending: unlike
   * percentiles, the counts of several can be added up. Below a thousandth all are one.
   */
  counts(): [number, number][] {
    const counts = new Map<number, number>();
    for (const value of this.#recent()) {
      const power = Math.ceil(Math.log(Math.max(value, 0.001)) / Math.log(step));
      counts.set(power, (counts.get(power) ?? 0) + 1);
    }
    return [...counts]
      .sort(([a], [b]) => a - b)
      .map(([power, count]) => [Number((step ** power).toPrecision(4)), count]);
  }

  #recent(): Float64Array {
    const oldest = performance.now() - windowMs;
    return this.#values.filter((_, slot) => (this.#takenAt[slot] ?? 0) > oldest);
  }
}
