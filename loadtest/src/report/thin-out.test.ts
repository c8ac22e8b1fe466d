import fc from 'fast-check';
import { expect, test } from 'vitest';
import { thinOut, type Point } from './thin-out.ts';

const pointsOf = (values: (number | null)[]): Point[] =>
  values.map((value, seconds) => ({ seconds, value }));

test('few points stay', () => {
  const points = pointsOf([1, null, 3]);
  expect(thinOut(points, 3)).toBe(points);
});

test('of each part the highest', () => {
  const thinned = thinOut(pointsOf([1, 5, 2, null, null, null, 3, 3, 9]), 3);
  expect(thinned.map(({ value }) => value)).toEqual([5, null, 9]);
});

test('there are no more than asked for, in order, the peak among them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.integer()), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 50 }),
      (values, most) => {
        const thinned = thinOut(pointsOf(values), most);
        expect(thinned.length).toBeLessThanOrEqual(most);
        const times = thinned.map(({ seconds }) => seconds);
        expect(times).toEqual(times.toSorted((one, other) => one - other));
        const peak = (of: readonly Point[]) => Math.max(...of.map(({ value }) => value ?? -1e12));
        expect(peak(thinned)).toBe(peak(pointsOf(values)));
      },
    ),
  );
});
