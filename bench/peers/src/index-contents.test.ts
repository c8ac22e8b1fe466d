import { expect, test } from 'vitest';
import { differing } from './index-contents.ts';

test('rows that are missing, stale or should be gone differ; the others do not', () => {
  const table = new Map([
    ['same', 1],
    ['stale', 2],
    ['missing', 3],
  ]);
  const index = new Map([
    ['same', 1],
    ['stale', 1],
    ['deleted', 4],
  ]);
  expect(differing({ table, index }).sort()).toEqual(['deleted', 'missing', 'stale']);
});
