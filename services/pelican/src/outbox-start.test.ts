import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutboxStart } from './outbox-start.ts';

test('a finding holds once it is old', () => {
  const start = new OutboxStart();
  start.found(100, 0);
  expect(start.since).toBe(0);
  start.found(200, 4_000);
  expect(start.since).toBe(0);
  start.found(300, 5_000);
  expect(start.since).toBe(100);
  start.found(400, 10_000);
  expect(start.since).toBe(300);
});

test('what a long transaction commits late is searched for as soon as it is found', () => {
  const start = new OutboxStart();
  for (const [first, at] of [
    [100, 0],
    [200, 5_000],
    [300, 10_000],
  ] as const)
    start.found(first, at);
  expect(start.since).toBe(200);
  start.found(50, 11_000);
  expect(start.since).toBe(50);
  start.found(400, 15_000);
  expect(start.since).toBe(50);
  start.found(500, 20_000);
  expect(start.since).toBe(400);
});

test('never beyond what the last look found', () => {
  const looks = fc.array(fc.tuple(fc.nat(1_000), fc.nat(8_000)), { maxLength: 30 });
  fc.assert(
    fc.property(looks, (found) => {
      const start = new OutboxStart();
      let now = 0;
      for (const [first, pause] of found) {
        now += pause;
        start.found(first, now);
        expect(start.since).toBeLessThanOrEqual(first);
      }
    }),
  );
});
