import { expect, test } from 'vitest';
import { Figures, median, quantile } from './figures.ts';

test('runs of one title come together, in the order of their beginning', () => {
  const figures = new Figures();
  figures.add('b', 'ms', 3);
  figures.add('a', 's', 1);
  figures.add('b', 'ms', 1);
  expect(figures.list).toEqual([
    { title: 'b', unit: 'ms', runs: [3, 1] },
    { title: 'a', unit: 's', runs: [1] },
  ]);
});

test('quantiles fall between values', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1])).toBe(2.5);
  expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9);
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});

test('what is no number is no figure', () => {
  expect(() => new Figures().add('refused, p99', 'ms', Number.NaN)).toThrow(
    '"refused, p99" came out as NaN.',
  );
});
