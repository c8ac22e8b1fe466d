import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { failureReport } from './report.ts';
import { storm } from './storm.ts';

const seconds = 5;
const seeds = [1, 2, 3];

/** A bounded run of what `make storm` does without bounds. */
test('the index equals the tables after storms', { timeout: 600_000 }, async () => {
  const parent = await mkdtemp(join(tmpdir(), 'aviary-storm-logs-'));
  const storms = seeds.map(async (seed) => {
    const logs = join(parent, `seed-${seed}`);
    const result = await storm({ seed, seconds, logs });
    expect(result.jobs).toBeGreaterThan(0);
    const { failures, differences } = result;
    if (failures.length + differences.length === 0) return '';
    return failureReport(result, logs, `make storm SEED=${seed} SECONDS=${seconds}`);
  });
  const reports = (await Promise.all(storms)).filter((report) => report !== '');
  // Logs of failed storms are kept.
  if (reports.length === 0) onTestFinished(() => rm(parent, { recursive: true }));
  expect(reports.join('\n')).toBe('');
});
