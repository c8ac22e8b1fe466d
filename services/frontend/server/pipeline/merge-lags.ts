import type { Status } from '../../shared/pipeline.ts';

/** Samples below each bound, in seconds, and above the one before. */
export type LagCounts = readonly (readonly [bound: number, count: number])[];

/**
 * Percentiles over several workers' samples: those of each cannot be put together, their counts can. Never too small,
 * and too large by the distance of two bounds at most.
 */
export function mergeLags(all: readonly LagCounts[]): Status['lag'] {
  const counts = all.flat().sort(([a], [b]) => a - b);
  const samples = counts.reduce((sum, [, count]) => sum + count, 0);
  if (samples === 0) return null;
  const at = (share: number) => {
    let left = Math.ceil(share * samples);
    const found = counts.find(([, count]) => (left -= count) <= 0);
    return found?.[0] ?? 0;
  };
  return { p50: at(0.5), p99: at(0.99), samples };
}
