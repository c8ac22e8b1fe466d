import { format } from 'prettier';
import { expect, test } from 'vitest';
import { jsonReport, markdownReport, textReport, type Results } from './report.ts';

const results: Results = {
  machine: {
    cores: 2,
    model: 'Some processor',
    memoryGigabytes: 8,
    node: 'v24.0.0',
    postgres: '18.4',
  },
  measurements: [
    {
      name: 'throughput',
      date: '2026-01-31',
      summary: 'Rows per second.',
      figures: [
        { title: '100 rows: table → index', unit: 'rows/s', runs: [3123.456, 2900.1, 4000] },
        { title: 'calls', unit: 'per row', runs: [0.00001234567] },
      ],
    },
    {
      name: 'scaling',
      date: '2026-02-28',
      summary: 'Several.',
      figures: [{ title: 'a', unit: 's', runs: [1, 2, 3] }],
    },
  ],
};

test('the files are as Prettier would write them', async () => {
  const options = { singleQuote: true, printWidth: 100 };
  const json = jsonReport(results);
  const markdown = markdownReport(results);
  expect(await format(json, { ...options, parser: 'json' })).toBe(json);
  expect(await format(markdown, { ...options, parser: 'markdown' })).toBe(markdown);
});

test('a figure is the median of its runs, with their range', () => {
  expect(textReport(results)).toContain('100 rows: table → index      3,123  2,900–4,000  rows/s');
  expect(JSON.parse(jsonReport(results))).toMatchObject({
    measurements: [
      { figures: [{ median: 3123.5, min: 2900.1, max: 4000, runs: [3123.5, 2900.1, 4000] }, {}] },
      {},
    ],
  });
});
