import type { Predicate } from './metadata-filter.ts';
import type { Metadata } from './record-rules.ts';
import { SortedIds } from './sorted-ids.ts';

/** Vectors a block: growing never copies, and never holds two generations of everything. */
export const BLOCK_ROWS = 4096;

export interface StoredRecord {
  id: string;
  values: Float32Array;
  metadata: Metadata;
}

/**
 * The records of one namespace in rows: vectors side by side in blocks of Float32Array, everything else
 * in columns beside them. A deleted row is reused by the next insert.
 */
export class Namespace {
  readonly dimension: number;
  readonly blocks: Float32Array[] = [];
  /** Of each row; undefined where it is free. */
  readonly ids: (string | undefined)[] = [];
  readonly metadata: (Metadata | undefined)[] = [];
  /** Of each row, 1 / length of its vector. */
  readonly inverseNorms: number[] = [];
  readonly #rows = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #sorted = new SortedIds();

  constructor(dimension: number) {
    this.dimension = dimension;
  }

  get size(): number {
    return this.#rows.size;
  }

  upsert(id: string, values: Float32Array, metadata: Metadata): void {
    let row = this.#rows.get(id);
    if (row === undefined) {
      row = this.#free.pop() ?? this.ids.length;
      this.#rows.set(id, row);
      this.#sorted.add(id);
    }
    if (row === this.blocks.length * BLOCK_ROWS) {
      this.blocks.push(new Float32Array(BLOCK_ROWS * this.dimension));
    }
    this.#vector(row).set(values);
    this.inverseNorms[row] = inverseNorm(values);
    this.ids[row] = id;
    this.metadata[row] = metadata;
  }

  delete(id: string): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#rows.delete(id);
    this.#sorted.delete(id);
    this.#free.push(row);
    this.ids[row] = undefined;
    this.metadata[row] = undefined;
  }

  /** The record, its values a view that the next write to its row changes. */
  get(id: string): StoredRecord | undefined {
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    return { id, values: this.#vector(row), metadata: this.metadata[row] ?? {} };
  }

  /** Ids with the prefix, above `after`, in order of their bytes. */
  list(prefix: string, after: string | undefined, limit: number): string[] {
    return this.#sorted.page(prefix, after, limit);
  }

  where(accepts: Predicate): string[] {
    return this.ids.filter(
      (id, row): id is string => id !== undefined && accepts(this.metadata[row] ?? {}),
    );
  }

  #vector(row: number): Float32Array {
    const block = this.blocks[Math.floor(row / BLOCK_ROWS)];
    if (!block) throw new Error(`Row ${row} lies beyond the last block.`);
    const start = (row % BLOCK_ROWS) * this.dimension;
    return block.subarray(start, start + this.dimension);
  }
}

/** 1 / length of the vector, 0 for one of length 0. */
export function inverseNorm(values: Float32Array): number {
  let square = 0;
  for (const value of values) square += value * value;
  return square === 0 ? 0 : 1 / Math.sqrt(square);
}
