import type { Random } from './random.ts';
import type { Key, StormTable } from './tables.ts';

const hotKeys = 4;
/** A window's keys, and for how many units of a client's work it stays: some seconds. */
const windowKeys = 20;
const windowUnits = 25;

/** Which part of the choices of one key falls on hot keys, and which on the window; the rest on all. */
const hotShare = 0.08;
const windowShare = 0.6;

/**
 * Which keys a client writes to. Some are hot all the time. Most writes fall into a window that moves on over the
 * keys, so that a row is written again and again for some seconds and then no more: a fault that a later write
 * would hide is seen in the end. All clients have about the same window.
 */
export class KeyChoice {
  readonly #table: StormTable;
  readonly #random: Random;
  #units = 0;

  constructor(table: StormTable, random: Random) {
    this.#table = table;
    this.#random = random;
  }

  /** A unit of work is done. */
  advance(): void {
    this.#units += 1;
  }

  hot(): Key {
    return this.#random.pick(this.#table.keys.slice(0, hotKeys));
  }

  one(): Key {
    if (this.#random.chance(hotShare)) return this.hot();
    return this.#random.pick(this.#pool());
  }

  /** So many different ones. */
  some(count: number): Key[] {
    return this.#random.sample(this.#pool(), count);
  }

  #pool(): readonly Key[] {
    const { keys } = this.#table;
    if (!this.#random.chance(windowShare)) return keys;
    const windows = Math.floor(keys.length / windowKeys);
    const begin = (Math.floor(this.#units / windowUnits) % windows) * windowKeys;
    return keys.slice(begin, begin + windowKeys);
  }
}
