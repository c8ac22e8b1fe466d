import { expect, test } from 'vitest';
import { readAudit } from './audit.ts';

const found = {
  ...{ index: 'products', verdict: 'different', rows: 3, records: 3, missing: 1, stale: 0 },
  ...{ orphaned: 1, undecided: 0, unindexable: 0, seconds: 1.26, examples: [] },
};

test('of all that was audited, the products count', () => {
  const other = { ...found, index: 'inventory', verdict: 'in step' };
  expect(readAudit(JSON.stringify({ indexes: [other, found] }))).toEqual({
    ...{ verdict: 'differs', rows: 3, records: 3, missing: 1, stale: 0, orphaned: 1 },
    ...{ undecided: 0, unindexable: 0, seconds: 1.3 },
  });
});

test('an audit without them is none', () => {
  expect(() => readAudit('{"indexes":[]}')).toThrow('said nothing of the index products');
});
