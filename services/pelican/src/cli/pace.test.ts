import { expect, test } from 'vitest';
import { Pace, duration } from './pace.ts';

test('a pace is that of the last seconds', () => {
  const pace = new Pace();
  pace.add(0, 0);
  expect(pace.perSecond).toBeUndefined();
  pace.add(2_000, 100);
  expect(pace.perSecond).toBe(50);
  for (let second = 3; second <= 40; second += 1) pace.add(second * 1_000, 100 + second * 10);
  expect(pace.perSecond).toBeCloseTo(10);
});

test('a count that begins anew has a pace of its own', () => {
  const pace = new Pace();
  pace.add(0, 1_000);
  pace.add(1_000, 10);
  pace.add(2_000, 30);
  expect(pace.perSecond).toBe(20);
});

test.each([
  [0.4, '0 s'],
  [59.4, '59 s'],
  [60, '1 min 0 s'],
  [3_599, '59 min 59 s'],
  [7_500, '2 h 5 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
