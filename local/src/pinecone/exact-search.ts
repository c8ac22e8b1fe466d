/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices in these loops are in range by construction */
import type { Predicate } from './metadata-filter.ts';
import { BLOCK_ROWS, inverseNorm, type Namespace } from './namespace.ts';
import type { VectorShape } from './record-rules.ts';

export interface Match {
  row: number;
  score: number;
}

/**
 * The topK nearest rows among those the filter accepts, best first, by comparing with every one of them.
 * The score is the cosine, the dot product, or the squared Euclidean distance.
 *
 * Measured at 384 dimensions, topK 10, unfiltered, on 2 shared cores: 3.4 ms for 10,000 vectors, 33 ms for
 * 100,000. An approximate index would answer sooner, but is not exact and costs more a write.
 */
export function exactSearch(
  space: Namespace,
  query: Float32Array,
  topK: number,
  metric: VectorShape['metric'],
  accepts?: Predicate,
): Match[] {
  const { ids, metadata, inverseNorms } = space;
  const measure = metric === 'euclidean' ? squaredDistances : dotProducts;
  const queryScale = inverseNorm(query);
  const best = new BestRows(Math.min(topK, space.size));
  const rows = new Int32Array(BLOCK_ROWS);
  const scores = new Float64Array(BLOCK_ROWS);
  for (const [b, block] of space.blocks.entries()) {
    const first = b * BLOCK_ROWS;
    const last = Math.min(first + BLOCK_ROWS, ids.length);
    let found = 0;
    for (let row = first; row < last; row++) {
      if (ids[row] !== undefined && (!accepts || accepts(metadata[row]!)))
        rows[found++] = row - first;
    }
    measure(block, rows.subarray(0, found), query, scores);
    for (let i = 0; i < found; i++) {
      const row = first + rows[i]!;
      const score = scores[i]!;
      if (metric === 'cosine') best.offer(row, score * queryScale * inverseNorms[row]!);
      else best.offer(row, metric === 'euclidean' ? -score : score);
    }
  }
  const matches = best.take();
  if (metric === 'euclidean') for (const match of matches) match.score = -match.score;
  return matches;
}

/** Of the query and each of the rows. Four sums in flight: one alone waits for each addition. */
function dotProducts(
  block: Float32Array,
  rows: Int32Array,
  query: Float32Array,
  scores: Float64Array,
): void {
  const n = query.length;
  const whole = n - (n % 4);
  for (let i = 0; i < rows.length; i++) {
    const at = rows[i]! * n;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < whole; j += 4) {
      a += block[at + j]! * query[j]!;
      b += block[at + j + 1]! * query[j + 1]!;
      c += block[at + j + 2]! * query[j + 2]!;
      d += block[at + j + 3]! * query[j + 3]!;
    }
    for (let j = whole; j < n; j++) a += block[at + j]! * query[j]!;
    scores[i] = a + b + c + d;
  }
}

function squaredDistances(
  block: Float32Array,
  rows: Int32Array,
  query: Float32Array,
  scores: Float64Array,
): void {
  const n = query.length;
  for (let i = 0; i < rows.length; i++) {
    const at = rows[i]! * n;
    let sum = 0;
    for (let j = 0; j < n; j++) {
      const difference = block[at + j]! - query[j]!;
      sum += difference * difference;
    }
    scores[i] = sum;
  }
}

/** Keeps the k rows of the highest scores seen: a binary heap with the lowest of them on top. */
class BestRows {
  readonly #k: number;
  readonly #heap: Match[] = [];

  constructor(k: number) {
    this.#k = k;
  }

  offer(row: number, score: number): void {
    const heap = this.#heap;
    if (heap.length < this.#k) {
      heap.push({ row, score });
      this.#rise(heap.length - 1);
    } else if (score > (heap[0]?.score ?? Infinity)) {
      heap[0] = { row, score };
      this.#sink();
    }
  }

  take(): Match[] {
    return this.#heap.sort((a, b) => b.score - a.score || a.row - b.row);
  }

  #rise(at: number): void {
    const heap = this.#heap;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.score <= heap[at]!.score) return;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ;) {
      let lowest = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && heap[child]!.score < heap[lowest]!.score) lowest = child;
      }
      if (lowest === at) return;
      [heap[lowest], heap[at]] = [heap[at]!, heap[lowest]!];
      at = lowest;
    }
  }
}
