import { expect, test } from 'vitest';
import { clock, duration, measured, number, shortNumber } from './wording.ts';

test.each([
  [0, '0'],
  [0.0512, '0.0512'],
  [7.25, '7.3'],
  [42, '42'],
  [12_400.4, '12,400'],
])('number %d', (value, text) => expect(number(value)).toBe(text));

test.each([
  [0.5, '0.5'],
  [9_999, '9,999'],
  [10_000, '10k'],
  [150_000, '150k'],
  [1_250_000, '1.25M'],
])('short number %d', (value, text) => expect(shortNumber(value)).toBe(text));

test.each([
  [0, '0 s'],
  [0.08, '80 ms'],
  [0.9996, '1 s'],
  [4.24, '4.2 s'],
  [75, '75 s'],
  [99.96, '1 min 40 s'],
  [119.7, '2 min'],
  [200, '3 min 20 s'],
  [3_600, '1 h'],
  [3_900, '1 h 5 min'],
])('duration %d', (seconds, text) => expect(duration(seconds)).toBe(text));

test.each([
  [0, '0:00'],
  [125, '2:05'],
  [3_661, '1:01:01'],
])('clock %d', (seconds, text) => expect(clock(seconds)).toBe(text));

test('a figure has its unit', () => {
  expect(measured(null, 'ms')).toBe('not measured');
  expect(measured(1_240, 'ms')).toBe('1.2 s');
  expect(measured(2_700, 'rows/s')).toBe('2,700 rows/s');
  expect(measured(8, '')).toBe('8');
});
