import { expect, test } from 'vitest';
import { mergeLags } from './merge-lags.ts';

test('there is no lag of no samples', () => {
  expect(mergeLags([[], []])).toBeNull();
});

test('the percentiles are those of all samples, not of the workers’ percentiles', () => {
  const quick = [[0.1, 990]] as const;
  const slow = [
    [5, 9],
    [60, 1],
  ] as const;
  expect(mergeLags([slow, quick])).toEqual({ p50: 0.1, p99: 0.1, samples: 1_000 });
  expect(mergeLags([slow])).toEqual({ p50: 5, p99: 60, samples: 10 });
});
