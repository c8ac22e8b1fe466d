import { createWriteStream, type WriteStream } from 'node:fs';

/** What the storm did and when, as a file to read a failure by. */
export class Timeline {
  readonly #file: WriteStream;
  readonly #began = Date.now();
  #last = '';

  constructor(path: string) {
    this.#file = createWriteStream(path);
    this.#file.write(`began ${new Date(this.#began).toISOString()}\n`);
  }

  /** The time since the begin, for other notes of the same storm. */
  now(): string {
    return ((Date.now() - this.#began) / 1_000).toFixed(3).padStart(8);
  }

  /** What is said twice on end is kept once. */
  note(what: string): void {
    if (what === this.#last) return;
    this.#last = what;
    this.#file.write(`${this.now()} ${what}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#file.end(resolve));
  }
}
