import { expect, test } from 'vitest';
import { columns } from './columns.ts';

test('every column is as wide as its widest cell, and nothing stands behind the last', () => {
  expect(
    columns(
      ['ID', 'REASON'],
      [
        ['1', 'too long'],
        ['12345', ''],
      ],
    ),
  ).toBe('ID      REASON\n1       too long\n12345');
});

test('a cell is one line of text, whatever it steers', () => {
  expect(columns(['X'], [['a\u001b[31m\r\nb\u0000\u009bc']])).toBe('X\na [31m b c');
});
