/** How long a sample counts, in milliseconds: long enough to be steady, short enough to follow a change. */
const windowMs = 15_000;

/** How fast a count grows, from what it was at some times. */
export class Pace {
  #samples: { at: number; count: number }[] = [];

  /** Takes in the count at a time in milliseconds. A lower count than before begins anew. */
  add(at: number, count: number): void {
    if (count < (this.#samples.at(-1)?.count ?? 0)) this.#samples = [];
    this.#samples.push({ at, count });
    // One from before the window stays, to measure from.
    while ((this.#samples[1]?.at ?? Infinity) <= at - windowMs) this.#samples.shift();
  }

  /** Undefined until there is something to tell it from. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < 1_000) return undefined;
    return ((last.count - first.count) / (last.at - first.at)) * 1_000;
  }
}

/** "42 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
