import { expect, test } from 'vitest';
import { readCommandLine } from './command-line.ts';

const databaseUrl = 'postgres://shop';
const read = (...args: string[]) => readCommandLine(args, { DATABASE_URL: databaseUrl });

test('a million rows go to standard output as CSV', () => {
  expect(read()).toEqual({ count: 1_000_000, from: 0, seed: 1, to: 'stdout' });
});

test('each option is taken', () => {
  expect(read('--rows', '5', '--from', '10', '--seed', '2', '--copy')).toEqual({
    ...{ count: 5, from: 10, seed: 2 },
    to: { databaseUrl },
  });
  expect(read('--file', 'products.csv')).toMatchObject({ to: { file: 'products.csv' } });
  expect(read('--help', '--rows', '-')).toBe('help');
});

test.each([
  [['--rows', 'many'], '--rows takes a whole number from 0 to 1000000000; it is "many".'],
  [['--from', '1.5'], '--from takes a whole number'],
  [['--seed', ''], '--seed takes a whole number'],
  [['--rows', '1000000001'], '--rows takes a whole number'],
  [['--file', ''], '--file takes a name; it is empty.'],
  [['--file', 'a.csv', '--copy'], '--copy and --file exclude each other: choose one.'],
  [['--row', '5'], "Unknown option '--row'"],
])('%j is refused', (args, message) => {
  expect(() => read(...args)).toThrow(message);
});

test('a table needs its database', () => {
  expect(() => readCommandLine(['--copy'], {})).toThrow('--copy needs DATABASE_URL');
});
