import { expect, test } from 'vitest';
import { readEnvironmentScaler, workload, type Measured } from './inputs.ts';
import { planRows, rowLimits } from './rows-plan.ts';
import { planSearches, searchLimits } from './searches-plan.ts';

const measured: Measured = {
  pelicanRate: 12_000,
  emuRate: 6_000,
  queueCallsPerRow: 0.3,
  batchFill: 1,
  searchRate: 400,
};
const scaler = readEnvironmentScaler('prod');

test('tokens run out first with an account, pelican with an embedder of one’s own', () => {
  expect(rowLimits(10_000_000, measured)[0]).toEqual({
    limit: 'tokens a minute',
    rate: 10_000_000 / 60 / workload.tokensPerRow,
  });
  expect(rowLimits(Infinity, measured)[0]).toEqual({ limit: 'one pelican', rate: 12_000 });
});

test('a backfill goes at the rate of what limits it', () => {
  const plan = planRows({ rows: 2_000_000, tokensPerMinute: 5_000_000 }, measured, scaler);
  // A minute's tokens lie ready at first.
  expect(plan.rowsPerSecond / (5_000_000 / 60 / workload.tokensPerRow)).toBeCloseTo(1, 1);
  expect(plan.dollars.tokens).toBeCloseTo(4);
});

test('ten times the searches take ten times of all, and an hour of them costs as much more', () => {
  const [few, many] = [1_000, 10_000].map((searchesPerSecond) =>
    planSearches({ searchesPerSecond, rows: 1_000_000 }, measured),
  );
  expect(many?.indexCopies).toBe(10 * (few?.indexCopies ?? 0));
  expect(many?.dollars.reads).toBeCloseTo(10 * (few?.dollars.reads ?? 0));
  // One stands in.
  expect(few?.frontends).toBe(4);
});

test('a greater index has its read units used up by fewer searches', () => {
  const rate = (rows: number) =>
    searchLimits(rows, measured).find(({ limit }) => limit.startsWith('read units'))?.rate;
  expect(rate(1_000_000_000)).toBeCloseTo((rate(1_000_000) ?? 0) / 1_000);
});
