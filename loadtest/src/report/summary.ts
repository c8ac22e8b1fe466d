import type { Check, Result, Sample } from '../result.ts';
import { duration, measured, number } from './wording.ts';

export interface Figure {
  name: string;
  value: string;
}

/** What came of the thresholds, in words. */
export function verdictOf({ verdict: { passed, checks } }: Result): string {
  const missed = checks.filter((check) => !check.passed).length;
  if (checks.length === 0) return 'No thresholds were set.';
  if (passed)
    return `Passed: ${checks.length === 1 ? 'the one threshold' : `all ${checks.length} thresholds`} held.`;
  return `Failed: ${missed} of ${checks.length} thresholds ${missed === 1 ? 'was' : 'were'} missed.`;
}

export function boundOf({ rule, limit, unit }: Check): string {
  return `${rule} ${measured(limit, unit)}`;
}

/** The run in a few sentences, of what there was of it. */
export function storyOf(result: Result): string[] {
  const { load, throughput, k6, audit } = result;
  const said: string[] = [];
  if (load && throughput) {
    said.push(
      `${number(load.rows)} rows went into the table by COPY within ${duration(load.seconds)}. ` +
        `All were searchable ${duration(throughput.seconds)} after its begin: ${number(throughput.rowsPerSecond)} rows/s.`,
    );
  }
  const scaled = scaling(result.samples);
  if (scaled !== null) said.push(scaled);
  if (k6) {
    const requests = k6.visits.reduce((sum, visits) => sum + visits.requests, 0);
    said.push(
      `${number(requests)} requests were made by visitors` +
        (k6.freshness
          ? `; an edit was searchable ${duration(k6.freshness.p50Ms / 1_000)} (p50) to ${duration(k6.freshness.p99Ms / 1_000)} (p99) after it was saved.`
          : '.'),
    );
  }
  if (audit) said.push(auditSentence(audit));
  return said;
}

function scaling(samples: readonly Sample[]): string | null {
  const ready = samples.map(({ emusReady }) => emusReady).filter((count) => count !== null);
  const [first, last, most] = [ready[0], ready.at(-1), Math.max(...ready)];
  if (first === undefined || last === undefined) return null;
  if (most === first && most === last) return `${plural(most, 'emu')} worked all the time.`;
  return `Emus went from ${first} to ${most}, and ended at ${last}.`;
}

function auditSentence(audit: NonNullable<Result['audit']>): string {
  const { rows, records, missing, stale, orphaned, undecided, unindexable, seconds } = audit;
  const compared = `The audit compared ${number(rows)} rows with ${number(records)} records in ${duration(seconds)}: `;
  const faults = missing + stale + orphaned + undecided + unindexable;
  if (faults === 0) return `${compared}the index equals the table.`;
  return `${compared}${missing} missing, ${stale} stale, ${orphaned} orphaned, ${undecided} undecided, ${unindexable} that cannot be indexed.`;
}

const plural = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** The figures that one looks for first: those that were measured. */
export function keyFigures(result: Result): Figure[] {
  const { throughput, k6, samples } = result;
  const peak = (read: (sample: Sample) => number | null) =>
    samples.reduce<number | null>((highest, sample) => {
      const value = read(sample);
      return value === null ? highest : Math.max(highest ?? 0, value);
    }, null);
  const figures: [string, number | null | undefined, string][] = [
    ['table → index', throughput?.rowsPerSecond, 'rows/s'],
    ['edit → searchable, p95', k6?.freshness?.p95Ms, 'ms'],
    ['search, p95', k6?.visits.find(({ name }) => name === 'search')?.latency?.p95Ms, 'ms'],
    [
      'backlog, at most',
      peak(({ outbox, queueVisible, queueInFlight }) =>
        outbox === null || queueVisible === null || queueInFlight === null
          ? null
          : outbox + queueVisible + queueInFlight,
      ),
      '',
    ],
    ['emus, at most', peak((sample) => sample.emusReady ?? sample.emus), ''],
    ['tokens/min, at most', peak(({ tokensPerSecond: of }) => (of === null ? null : of * 60)), ''],
    ['restarts', result.restarts, ''],
  ];
  return figures.flatMap(([name, value, unit]) =>
    value === null || value === undefined ? [] : [{ name, value: measured(value, unit) }],
  );
}
