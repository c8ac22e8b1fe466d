import { expect, test } from 'vitest';
import { Comparison } from './comparison.ts';
import { comparisonJson, comparisonTables } from './comparison-report.ts';

const results = () => {
  const earlier = new Comparison();
  earlier.add('a', 'rate', 'rows/s', 1000);
  const comparison = new Comparison(earlier.figures);
  comparison.add('a', 'rate', 'rows/s', 3000);
  comparison.add('a', 'rate', 'rows/s', 2000);
  comparison.add('b', 'rate', 'rows/s', 20.123456);
  comparison.add('a', 'changes lost', '', 0);
  return {
    machine: { cores: 2, model: 'X', memoryGigabytes: 24, node: 'v24', postgres: '18' },
    peers: [
      { name: 'a', title: 'Aviary' },
      { name: 'b', title: 'Other' },
    ],
    parts: [
      { name: 'speed', date: '2026-01-02', summary: 'How fast.', figures: comparison.figures },
    ],
  };
};

test('a table has a column for each peer, the median with its range, and a dash where nothing was measured', () => {
  expect(comparisonTables(results())).toBe(
    [
      'Measured on 2 cores of X, 24 GB, Node v24, Postgres 18.',
      '',
      'How fast. (2026-01-02)',
      '',
      '| speed        | unit   |              Aviary | Other |',
      '| ------------ | ------ | ------------------: | ----: |',
      '| rate         | rows/s | 2,000 (1,000–3,000) |  20.1 |',
      '| changes lost |        |                   0 |     – |',
      '',
    ].join('\n'),
  );
});

test('JSON keeps every run, so that more can be added to it', () => {
  expect(JSON.parse(comparisonJson(results()))).toMatchObject({
    parts: [{ figures: [{ runs: { a: [1000, 3000, 2000], b: [20.123] } }, { runs: { a: [0] } }] }],
  });
});
