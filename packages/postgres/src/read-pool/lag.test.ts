import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lag } from './lag.ts';
import { formatWalPosition, parseWalPosition } from './wal-position.ts';

test('lag is the time since the primary was where the server is now', () => {
  const lag = new Lag(10);
  expect(lag.of(5n)).toBe(0);
  for (const second of [1, 2, 3, 4]) lag.sample(BigInt(second) * 1_000n, second * 1_000);
  expect(lag.of(4_000n)).toBe(0);
  expect(lag.of(9_000n)).toBe(0);
  expect(lag.of(2_500n)).toBe(2);
  expect(lag.of(0n)).toBe(Infinity);
});

test('of a primary that writes nothing, a server is not behind, however long that lasts', () => {
  const lag = new Lag(10);
  for (let second = 0; second < 100; second += 1) lag.sample(8_192n + 24n, second * 1_000);
  // Where a page of the log ends, the primary already counts the next one's header.
  expect(lag.of(8_192n)).toBe(0);
});

test('a lag beyond what is kept is told from one within', () => {
  const lag = new Lag(10);
  for (let second = 0; second < 100; second += 1)
    lag.sample(BigInt(second) * 1_000n, second * 1_000);
  expect(lag.of(90_000n)).toBe(9);
  expect(lag.of(80_000n)).toBe(Infinity);
});

test('a position is read as it is written', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (position) => {
      expect(parseWalPosition(formatWalPosition(position))).toBe(position);
    }),
  );
  expect(parseWalPosition('16/B374D848')).toBe(0x16_b374_d848n);
  for (const text of ['', '16', '16/', '/1', '1/2/3', 'x/y', '123456789/0', "0/0'--"]) {
    expect(parseWalPosition(text)).toBeUndefined();
  }
});
