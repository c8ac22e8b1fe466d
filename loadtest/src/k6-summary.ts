import { z } from 'zod';
import type { K6Summary, Latency, Visits } from './result.ts';

const metricsSchema = z.record(z.string(), z.object({ values: z.record(z.string(), z.number()) }));
type Metrics = z.infer<typeof metricsSchema>;

const mark = 'loadtest-summary ';

/**
 * What k6 printed at its end, by `handleSummary` of k6/visits.js.
 *
 * @throws Error when it printed no summary.
 */
export function readSummary(
  printed: string,
  how: { version: string; by: K6Summary['by']; seconds: number },
): K6Summary {
  const line = printed.split('\n').find((candidate) => candidate.startsWith(mark));
  if (line === undefined) throw new Error('k6 ended without a summary.');
  const metrics = metricsSchema.parse(JSON.parse(line.slice(mark.length)));
  return {
    version: how.version,
    by: how.by,
    visits: ['search', 'edit', 'delete'].flatMap((kind) => visitsOf(metrics, kind, how.seconds)),
    freshness: latencyOf(metrics, 'freshness_ms'),
    dropped: metrics.dropped_iterations?.values.count ?? 0,
    mostVirtualUsers: metrics.vus_max?.values.max ?? metrics.vus_max?.values.value ?? 0,
  };
}

function visitsOf(metrics: Metrics, kind: string, seconds: number): Visits[] {
  // Of a Rate, those that were not zero are its passes: here the failures.
  const { passes = 0, fails = 0, rate = 0 } = metrics[`${kind}_failed`]?.values ?? {};
  const requests = passes + fails;
  if (requests === 0) return [];
  return [
    {
      name: kind,
      requests,
      requestsPerSecond: Math.round((requests / seconds) * 100) / 100,
      failed: Math.round(rate * 1e5) / 1e5,
      latency: latencyOf(metrics, `${kind}_ms`),
    },
  ];
}

function latencyOf(metrics: Metrics, name: string): Latency | null {
  const values = metrics[name]?.values;
  if (!values?.count) return null;
  const ms = (statistic: string) => Math.round((values[statistic] ?? 0) * 10) / 10;
  return {
    samples: values.count,
    p50Ms: ms('med'),
    p95Ms: ms('p(95)'),
    p99Ms: ms('p(99)'),
    maxMs: ms('max'),
  };
}
