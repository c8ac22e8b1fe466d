import type { TokenBucket } from './token-bucket.ts';

/** The defaults of services/emu, which a test holds against its configuration, and what was measured of one. */
export interface EmuSpec {
  /** Most rows in a batch, and most batches at once. */
  maxBatch: number;
  concurrency: number;
  /** Rows a second that one reaches where neither embedder nor index keeps it waiting. */
  rate: number;
}

/** So long a batch waits, index included. */
export interface Embedder {
  secondsPerRequest: number;
  secondsPerText: number;
}

export const emuDefaults = { maxBatch: 256, concurrency: 4 };
/** Of one answer of SQS. */
const messagesPerReceive = 10;

interface Batch {
  rows: number;
  /** Until its tokens are there, and then until it is in the index. */
  secondsLeft: number;
}

/** Steps do not add up to whole seconds exactly. */
const isOver = ({ secondsLeft }: Batch): boolean => secondsLeft < 1e-6;

/**
 * An emu as services/emu/src/pipeline.ts has it: what arrives is put to work at once while one of its slots is free, so
 * batches begin small; while all are busy two batches' worth gathers, and a slot that gets free takes as much as a batch
 * holds.
 */
export class Emu {
  readonly #spec: EmuSpec;
  readonly #embedder: Embedder;
  #batches: Batch[] = [];
  #buffered = 0;
  /** Whether nothing was there before the last answers: the slots then take each answer as it comes. */
  #wasIdle = true;
  /** Of a row that has yet to arrive whole. */
  #part = 0;

  constructor(spec: EmuSpec, embedder: Embedder) {
    this.#spec = spec;
    this.#embedder = embedder;
  }

  /** Rows received and not yet in the index. */
  get held(): number {
    return this.#buffered + this.#batches.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Takes rows from the queue. @returns how many. */
  receive(visible: number, seconds: number): number {
    const { maxBatch, concurrency, rate } = this.#spec;
    this.#part = Math.min(rate, this.#part + rate * seconds);
    // What goes to work at once leaves its room to others.
    const free = concurrency - this.#batches.length;
    const room = (2 + free) * maxBatch - this.#buffered;
    const taken = Math.floor(Math.min(visible, room, this.#part));
    this.#part -= taken;
    this.#wasIdle = this.held === 0;
    this.#buffered += taken;
    return taken;
  }

  /** Puts to work what is there. */
  begin(bucket: TokenBucket, tokensPerRow: number, now: number): void {
    const { maxBatch, concurrency } = this.#spec;
    const { secondsPerRequest, secondsPerText } = this.#embedder;
    while (this.#batches.length < concurrency && this.#buffered > 0) {
      const rows = Math.min(this.#wasIdle ? messagesPerReceive : maxBatch, this.#buffered);
      this.#buffered -= rows;
      const waitSeconds = bucket.take(rows * tokensPerRow, now);
      const secondsLeft = waitSeconds + secondsPerRequest + secondsPerText * rows;
      this.#batches.push({ rows, secondsLeft });
    }
  }

  /** @returns rows that came into the index. */
  advance(seconds: number): number {
    let finished = 0;
    for (const batch of this.#batches) {
      batch.secondsLeft -= seconds;
      if (isOver(batch)) finished += batch.rows;
    }
    if (finished > 0) this.#batches = this.#batches.filter((batch) => !isOver(batch));
    return finished;
  }

  /** On a stop: what has not begun goes back to the queue. @returns how many rows. */
  handBack(): number {
    const rows = this.#buffered;
    this.#buffered = 0;
    return rows;
  }
}
