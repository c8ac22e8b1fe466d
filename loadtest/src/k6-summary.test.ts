import { expect, test } from 'vitest';
import { readSummary } from './k6-summary.ts';

const how = { version: 'v1', by: 'binary', seconds: 10 } as const;
const trend = { count: 20, med: 4.04, 'p(95)': 9, 'p(99)': 10, max: 11 };

test('what k6 prints is told from all else, by the kind of visit', () => {
  const metrics = {
    search_ms: { values: trend },
    // A Rate's passes are what was true: failures.
    search_failed: { values: { rate: 0.05, passes: 1, fails: 19 } },
    freshness_ms: { values: trend },
    dropped_iterations: { values: { count: 2, rate: 0.2 } },
    vus_max: { values: { value: 7, min: 5, max: 9 } },
  };
  const printed = `setup done\n\nloadtest-summary ${JSON.stringify(metrics)}\nbye\n`;
  const latency = { samples: 20, p50Ms: 4, p95Ms: 9, p99Ms: 10, maxMs: 11 };
  expect(readSummary(printed, how)).toEqual({
    version: 'v1',
    by: 'binary',
    visits: [{ name: 'search', requests: 20, requestsPerSecond: 2, failed: 0.05, latency }],
    freshness: latency,
    dropped: 2,
    mostVirtualUsers: 9,
  });
});

test('visits that never came are no visits', () => {
  const metrics = { search_failed: { values: { rate: 0, passes: 0, fails: 0 } } };
  const summary = readSummary(`loadtest-summary ${JSON.stringify(metrics)}`, how);
  expect(summary).toMatchObject({ visits: [], freshness: null, dropped: 0 });
});

test('k6 that ends early has no summary', () => {
  expect(() => readSummary('Error: no such page', how)).toThrow('k6 ended without a summary');
});
