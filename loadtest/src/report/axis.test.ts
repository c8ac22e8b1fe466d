import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countTicks, timeTicks, valueTicks } from './axis.ts';

test.each([
  [0, [0]],
  [0.083, [0, 0.05, 0.1]],
  [1, [0, 0.5, 1]],
  [8.3, [0, 5, 10]],
  [1_100, [0, 1_000, 2_000]],
])('values up to %d', (value, ticks) => expect(valueTicks(value)).toEqual(ticks));

test('what is counted has no halves', () => {
  expect(countTicks(1)).toEqual([0, 1]);
  expect(countTicks(8)).toEqual([0, 5, 10]);
});

test('the highest tick is at or above the value, and below two and a half times of it', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
      const highest = valueTicks(value).at(-1) ?? 0;
      expect(highest).toBeGreaterThanOrEqual(value * (1 - 1e-6));
      expect(highest).toBeLessThan(value * 2.5);
    }),
  );
});

test('times are round, begin at 0, and are no more than asked for', () => {
  expect(timeTicks(95, 6)).toEqual([0, 30, 60, 90]);
  expect(timeTicks(600, 8)).toEqual([0, 120, 240, 360, 480, 600]);
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 1e6, noNaN: true }),
      fc.integer({ min: 1, max: 12 }),
      (seconds, most) => {
        const ticks = timeTicks(seconds, most);
        expect(ticks[0]).toBe(0);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        expect(ticks.at(-1)).toBeLessThanOrEqual(seconds * (1 + 1e-9));
      },
    ),
  );
});
