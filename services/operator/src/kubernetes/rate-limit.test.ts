import { expect, test } from 'vitest';
import { RateLimit } from './rate-limit.ts';

test('after a rest so many go at once, then so many a second', () => {
  let now = 0;
  const limit = new RateLimit({ perSecond: 10, burst: 3, now: () => now });
  const take = (count: number) => Array.from({ length: count }, () => limit.reserve());
  expect(take(5)).toEqual([0, 0, 0, 100, 200]);
  now = 100;
  expect(take(1)).toEqual([200]);
  now = 60_000;
  expect(take(4)).toEqual([0, 0, 0, 100]);
});
