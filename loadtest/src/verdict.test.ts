import { expect, test } from 'vitest';
import { aRun, aSample } from './a-run.ts';
import { judge, k6Thresholds } from './verdict.ts';

test('a run passes when every threshold is met, at its very bound too', () => {
  const run = aRun({ restarts: 1, throughput: { rows: 100, seconds: 1, rowsPerSecond: 100 } });
  const { passed, checks } = judge(run, [
    { measure: 'restarts', atMost: 1 },
    { measure: 'rowsPerSecond', atLeast: 100 },
  ]);
  expect(passed).toBe(true);
  expect(checks).toMatchObject([
    { rule: 'at most', limit: 1, measured: 1, passed: true },
    { rule: 'at least', limit: 100, measured: 100, passed: true },
  ]);
  expect(judge(run, [{ measure: 'rowsPerSecond', atLeast: 101 }]).passed).toBe(false);
});

test('what could not be measured does not pass', () => {
  const run = aRun({ audit: null, k6: null, samples: [] });
  for (const measure of ['differences', 'freshnessP95', 'mostEmus', 'deadLetters'] as const) {
    expect(judge(run, [{ measure, atMost: 1 }])).toMatchObject({
      passed: false,
      checks: [{ measured: null }],
    });
  }
});

test('dead letters and emus count from the first look, and gaps are passed over', () => {
  const samples = [
    aSample({ deadLetters: 3, emusReady: 2 }),
    aSample({ deadLetters: null, emusReady: 8 }),
    aSample({ deadLetters: 5, emusReady: 2 }),
    aSample({ deadLetters: null, emusReady: null }),
  ];
  const { checks } = judge(aRun({ samples }), [
    { measure: 'deadLetters', atMost: 0 },
    { measure: 'mostEmus', atLeast: 8 },
    { measure: 'emusLeft', atMost: 0 },
  ]);
  expect(checks.map(({ measured }) => measured)).toEqual([2, 8, 0]);
});

test('k6 is told the thresholds that it can know', () => {
  expect(
    k6Thresholds([
      { measure: 'failedVisits', atMost: 1 },
      { measure: 'freshnessP95', atMost: 500 },
      { measure: 'differences', atMost: 0 },
      { measure: 'mostEmus', atLeast: 8 },
    ]),
  ).toEqual({ http_req_failed: ['rate<=0.01'], freshness_ms: ['p(95)<=500'] });
});
