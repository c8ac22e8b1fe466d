import type { Check, Result } from './result.ts';

/** What is measured of a run, before its verdict. */
export type Measured = Omit<Result, 'verdict'>;

/** A bound of one measure. */
export type Threshold = { measure: MeasureName } & ({ atMost: number } | { atLeast: number });

export type MeasureName = keyof typeof measures;

interface Measure {
  name: string;
  unit: string;
  /** Null when it could not be measured. */
  of: (run: Measured) => number | null;
}

/** Everything a profile may bound. */
const measures = {
  differences: {
    name: 'rows that differ from the index, by the audit',
    unit: 'rows',
    of: ({ audit }) =>
      audit && audit.missing + audit.stale + audit.orphaned + audit.undecided + audit.unindexable,
  },
  deadLetters: {
    name: 'new dead letters',
    unit: '',
    of: ({ samples }) => {
      const known = samples.map(({ deadLetters }) => deadLetters).filter((count) => count !== null);
      return known.length === 0 ? null : (known.at(-1) ?? 0) - (known[0] ?? 0);
    },
  },
  restarts: { name: 'restarts', unit: '', of: ({ restarts }) => restarts },
  failedVisits: {
    name: 'failed requests of visitors',
    unit: '%',
    of: ({ k6 }) => {
      const requests = sum(k6?.visits.map((visits) => visits.requests));
      if (k6 === null || requests === 0) return null;
      return (100 * sum(k6.visits.map(({ failed, requests }) => failed * requests))) / requests;
    },
  },
  droppedVisits: {
    name: 'visits that could not begin',
    unit: '',
    of: ({ k6 }) => k6?.dropped ?? null,
  },
  searchP95: { name: 'search, p95', unit: 'ms', of: (run) => p95Of(run, 'search') },
  editP95: { name: 'edit, p95', unit: 'ms', of: (run) => p95Of(run, 'edit') },
  freshnessP95: {
    name: 'edit → searchable, p95',
    unit: 'ms',
    of: ({ k6 }) => k6?.freshness?.p95Ms ?? null,
  },
  rowsPerSecond: {
    name: 'table → index',
    unit: 'rows/s',
    of: ({ throughput }) => throughput?.rowsPerSecond ?? null,
  },
  mostEmus: {
    name: 'most emus ready at once',
    unit: '',
    of: ({ samples }) => highest(samples.map(({ emusReady }) => emusReady)),
  },
  emusLeft: {
    name: 'emus at the end above those of the beginning',
    unit: '',
    of: ({ samples }) => {
      const ready = samples.map(({ emusReady }) => emusReady).filter((count) => count !== null);
      return ready.length === 0 ? null : (ready.at(-1) ?? 0) - (ready[0] ?? 0);
    },
  },
  serviceMemory: {
    name: 'most memory of a pelican, emu or frontend',
    unit: 'MB',
    of: ({ usage }) =>
      highest(
        usage
          .filter(({ name }) => /^(pelican|emu|frontend)/.test(name))
          .map(({ peakMb }) => peakMb),
      ),
  },
} as const satisfies Record<string, Measure>;

/** Holds a run against the thresholds of its profile. What could not be measured does not pass. */
export function judge(run: Measured, thresholds: readonly Threshold[]): Result['verdict'] {
  const checks = thresholds.map((threshold): Check => {
    const { name, unit, of }: Measure = measures[threshold.measure];
    const measured = of(run);
    const [rule, limit] =
      'atMost' in threshold
        ? (['at most', threshold.atMost] as const)
        : (['at least', threshold.atLeast] as const);
    const passed =
      measured !== null && (rule === 'at most' ? measured <= limit : measured >= limit);
    return { name, unit, rule, limit, measured, passed };
  });
  return { passed: checks.every(({ passed }) => passed), checks };
}

function p95Of({ k6 }: Measured, kind: string): number | null {
  return k6?.visits.find(({ name }) => name === kind)?.latency?.p95Ms ?? null;
}

function highest(figures: readonly (number | null)[]): number | null {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? null : Math.max(...known);
}

const sum = (figures: readonly number[] = []) =>
  figures.reduce((total, figure) => total + figure, 0);

/** The same bounds in k6's own words, so that it shows them too. */
export function k6Thresholds(thresholds: readonly Threshold[]): Record<string, string[]> {
  const metrics: Partial<Record<MeasureName, [string, (limit: number) => string]>> = {
    failedVisits: ['http_req_failed', (limit) => `rate<=${limit / 100}`],
    droppedVisits: ['dropped_iterations', (limit) => `count<=${limit}`],
    searchP95: ['search_ms', (limit) => `p(95)<=${limit}`],
    editP95: ['edit_ms', (limit) => `p(95)<=${limit}`],
    freshnessP95: ['freshness_ms', (limit) => `p(95)<=${limit}`],
  };
  return Object.fromEntries(
    thresholds.flatMap((threshold) => {
      const known = metrics[threshold.measure];
      if (known === undefined || !('atMost' in threshold)) return [];
      return [[known[0], [known[1](threshold.atMost)]]];
    }),
  );
}
