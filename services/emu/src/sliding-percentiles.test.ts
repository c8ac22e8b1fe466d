import { expect, test } from 'vitest';
import { SlidingPercentiles } from './sliding-percentiles.ts';

test('nothing is known of no samples', () => {
  expect(new SlidingPercentiles().at(0.5, 0.99)).toEqual([null, null]);
});

test('gives the values below which the shares lie', () => {
  const percentiles = new SlidingPercentiles();
  for (let value = 100; value >= 1; value -= 1) percentiles.add(value);
  expect(percentiles.at(0.5, 0.99, 1)).toEqual([50, 99, 100]);
});

test('forgets the oldest samples beyond its capacity', () => {
  const percentiles = new SlidingPercentiles();
  percentiles.add(1_000_000);
  for (let sample = 0; sample < 4_096; sample += 1) percentiles.add(1);
  expect(percentiles.at(1)).toEqual([1]);
});

test('counts samples between bounds that lie 5 % apart', () => {
  const percentiles = new SlidingPercentiles();
  for (const value of [0, 0.0001, 1, 1, 80, 100]) percentiles.add(value);
  const counts = percentiles.counts();
  expect(counts.map(([, count]) => count)).toEqual([2, 2, 1, 1]);
  for (const [position, value] of [0.001, 1, 80, 100].entries()) {
    const bound = counts[position]?.[0] ?? 0;
    expect(bound).toBeGreaterThanOrEqual(value * 0.999);
    expect(bound).toBeLessThan(value * 1.051);
  }
});
