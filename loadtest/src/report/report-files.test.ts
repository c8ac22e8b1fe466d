import { expect, test } from 'vitest';
import type { Result, Sample } from '../result.ts';
import { reportFiles } from './report-files.ts';
import { boundOf, storyOf, verdictOf } from './summary.ts';

const sampleAt = (seconds: number, more: Partial<Sample> = {}): Sample => ({
  ...{ seconds, rows: 120, indexed: 20 + seconds, outbox: 0, outboxAgeSeconds: null },
  ...{ queueVisible: 100 - seconds, queueInFlight: 0, deadLetters: 0, lagSeconds: 1 },
  ...{ lagP50Seconds: 0.05, lagP99Seconds: 0.08, pelicans: 1, emus: 2 },
  ...{ emusDesired: null, emusReady: null, rowsPerSecond: 1, embeddingsPerSecond: 1 },
  ...{ tokensPerSecond: 60, publishedPerSecond: 1, ...more },
});
const samples = Array.from({ length: 101 }, (_, seconds) => sampleAt(seconds));
const latency = { samples: 10, p50Ms: 50, p95Ms: 70, p99Ms: 80, maxMs: 90 };

const audit: NonNullable<Result['audit']> = {
  ...{ verdict: 'in_step', rows: 120, records: 120, missing: 0, stale: 0, orphaned: 0 },
  ...{ undecided: 0, unindexable: 0, seconds: 1 },
};

const run: Result = {
  ...{ format: 1, name: 'try', startedAt: '2026-01-02T03:04:05Z', seconds: 101, restarts: 0 },
  profile: { name: 'smoke', description: 'A hundred rows.' },
  target: { kind: 'dev', page: 'http://127.0.0.1:8080', namespace: null },
  machine: { cpu: 'A processor', cores: 2, memoryGb: 8, os: 'Linux', node: 'v24' },
  notes: ['A stub stands in.'],
  steps: [
    { name: 'load', fromSeconds: 0, toSeconds: 1 },
    { name: 'drain', fromSeconds: 1, toSeconds: 100 },
    { name: 'audit', fromSeconds: 100, toSeconds: 101 },
  ],
  load: { rows: 100, seconds: 1, rowsPerSecond: 100 },
  throughput: { rows: 100, seconds: 100, rowsPerSecond: 1 },
  ...{ samples, usage: [], disk: null },
  k6: {
    ...{ version: 'v1', by: 'binary', dropped: 0, mostVirtualUsers: 3, freshness: latency },
    visits: [{ name: 'search', requests: 10, requestsPerSecond: 1, failed: 0, latency }],
  },
  audit,
  verdict: {
    passed: true,
    checks: [
      { name: 'search, p95', unit: 'ms', rule: 'at most', limit: 500, measured: 70, passed: true },
    ],
  },
};

test('the page needs nothing but itself', () => {
  const { html } = reportFiles(run);
  expect(html).not.toMatch(/<script|<link|@import|url\(|<img/);
  expect([...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address)).toEqual([
    'try.json',
  ]);
  expect(html.length).toBeLessThan(100_000);
});

test('whatever a result says is text in page and picture', () => {
  const evil = '"><script>alert(1)</script>';
  const steps = [{ name: evil, fromSeconds: 0, toSeconds: 9 }];
  const { html, svg } = reportFiles({
    ...{ ...run, steps, notes: [evil], name: evil },
    profile: { name: evil, description: evil },
    machine: { ...run.machine, cpu: evil },
  });
  expect(html + svg).not.toContain('<script');
  expect(html).toContain('&#60;script&#62;');
});

test('an hour of samples is still a small picture', () => {
  const hour = Array.from({ length: 3_600 }, (_, seconds) =>
    sampleAt(seconds, { queueVisible: (seconds * 7_919) % 100_000, tokensPerSecond: seconds }),
  );
  const { svg, html } = reportFiles({ ...run, samples: hour, seconds: 3_600 });
  expect(svg.length).toBeLessThan(80_000);
  expect(html.length).toBeLessThan(250_000);
});

test('every phase that can be seen is named, with its length', () => {
  const { svg } = reportFiles(run);
  const names = [...svg.matchAll(/class="phase"[^>]*>([^<]*)</g)].map(([, name]) => name);
  expect(names).toEqual(['load 0:01', 'drain 1:39', 'audit 0:01']);
});

test('a cluster shows the emus that are desired and ready, another those that answer', () => {
  expect(reportFiles(run).svg).toContain('answering, at most 2');
  const onCluster = samples.map((sample) => ({ ...sample, emusDesired: 8, emusReady: 7 }));
  const { svg } = reportFiles({ ...run, samples: onCluster });
  expect(svg).toContain('desired, at most 8');
  expect(svg).toContain('ready, at most 7');
  expect(svg).not.toContain('answering');
});

test('what was not seen is a gap, and no line at all without any figure', () => {
  const withGap = samples.map((sample) =>
    sample.seconds > 40 && sample.seconds < 50
      ? sampleAt(sample.seconds, { tokensPerSecond: null })
      : sample,
  );
  const tokens = (svg: string) =>
    / d="([^"]*)"/.exec(
      svg.slice(svg.lastIndexOf('<path class="line orange"', svg.indexOf('Dead letters'))),
    ) ?? [];
  expect(tokens(reportFiles({ ...run, samples: withGap }).svg)[1]?.match(/M/g)).toHaveLength(2);
  const without = samples.map((sample) => ({ ...sample, tokensPerSecond: null }));
  expect(reportFiles({ ...run, samples: without }).svg).not.toContain('Tokens per minute');
});

test('a run without load, visitors or samples has a report too', () => {
  const { html } = reportFiles({
    ...{ ...run, load: null, throughput: null, k6: null, audit: null, samples: [], steps: [] },
    verdict: { passed: true, checks: [] },
  });
  expect(html).toContain('No thresholds were set.');
  expect(html).not.toMatch(/NaN|undefined|Infinity/);
});

test('the verdict comes in words and figures', () => {
  expect(verdictOf(run)).toBe('Passed: the one threshold held.');
  const [check] = run.verdict.checks as [Result['verdict']['checks'][0]];
  expect(boundOf(check)).toBe('at most 500 ms');
  const missed = { ...check, measured: null, passed: false };
  const failed = { ...run, verdict: { passed: false, checks: [check, missed] } };
  expect(verdictOf(failed)).toBe('Failed: 1 of 2 thresholds was missed.');
  expect(reportFiles(failed).html).toContain('not measured');
});

test('the story tells what was loaded, how the emus scaled, and what the audit found', () => {
  expect(storyOf(run)).toEqual([
    '100 rows went into the table by COPY within 1 s. All were searchable 1 min 40 s after its begin: 1 rows/s.',
    '10 requests were made by visitors; an edit was searchable 50 ms (p50) to 80 ms (p99) after it was saved.',
    'The audit compared 120 rows with 120 records in 1 s: the index equals the table.',
  ]);
  const scaled = [2, 8, 2].map((emusReady, seconds) => sampleAt(seconds, { emusReady }));
  expect(storyOf({ ...run, samples: scaled })[1]).toBe('Emus went from 2 to 8, and ended at 2.');
  const differs = storyOf({ ...run, audit: { ...audit, missing: 3 } });
  expect(differs.at(-1)).toContain('3 missing');
});
