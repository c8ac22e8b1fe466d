import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SlidingRate } from './sliding-rate.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'], now: 0 }));
afterEach(() => void vi.useRealTimers());

test('counts the last ten seconds, and only these', () => {
  vi.advanceTimersByTime(50_000);
  const rate = new SlidingRate();
  rate.add(100);
  vi.advanceTimersByTime(9_500);
  rate.add(50);
  expect(rate.perSecond()).toBeCloseTo(150 / 9.5, 0);
  vi.advanceTimersByTime(5_000);
  expect(rate.perSecond()).toBe(5);
  vi.advanceTimersByTime(10_000);
  expect(rate.perSecond()).toBe(0);
});
