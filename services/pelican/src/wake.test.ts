import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pauseMs } from './wake.ts';

test.each([
  [0, 0, 3],
  [600, 0, 3],
  [10_000, 0, 50],
  [50_000, 1, 250],
  [3_600_000, 1, 250],
  [0, 10, 40],
  [3_600_000, 100, 400],
])('after %i ms of nothing and a probe of %i ms, the next is in %i ms', (idle, probe, pause) => {
  expect(pauseMs(idle, probe)).toBe(pause);
});

test('polling takes a fifth at most, and a change waits no longer than it must', () => {
  const ms = fc.double({ min: 0, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(ms, ms, (idle, probe) => {
      const pause = pauseMs(idle, probe);
      expect(probe / (probe + pause)).toBeLessThanOrEqual(0.2);
      expect(pause).toBeLessThanOrEqual(Math.max(250, 4 * probe));
    }),
  );
});
