import type { WalPosition } from './wal-position.ts';

/** Where a log page ends, the primary already counts the header of the next one. */
const pageHeaderBytes = 64n;

/**
 * How far behind the primary a server is, in seconds: by when the primary was where the server is now. Needs no
 * clock in common, and no traffic, by which Postgres' own figure goes.
 */
export class Lag {
  readonly #keepMs: number;
  #samples: { at: number; position: WalPosition }[] = [];

  /** @param keepSeconds the largest lag that is told from a larger one. */
  constructor(keepSeconds: number) {
    this.#keepMs = keepSeconds * 1_000;
  }

  /** Where the primary is at `at`, in milliseconds of any steady clock. */
  sample(position: WalPosition, at: number): void {
    this.#samples.push({ at, position });
    const [, second] = this.#samples;
    if (second !== undefined && second.at < at - this.#keepMs) this.#samples.shift();
  }

  /** Infinity when it is more than what is kept; 0 while nothing is known of the primary. */
  of(position: WalPosition): number {
    const newest = this.#samples.at(-1);
    if (newest === undefined) return 0;
    const reached = this.#samples.findLast(
      (sample) => sample.position <= position + pageHeaderBytes,
    );
    return reached === undefined ? Infinity : (newest.at - reached.at) / 1_000;
  }
}
