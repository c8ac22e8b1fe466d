import type { Sample } from './result.ts';
import type { Measured } from './verdict.ts';

/** For tests: a run in which nothing was loaded and nobody came. */
export const aRun = (more: Partial<Measured> = {}): Measured => ({
  ...{ format: 1, name: 'try', startedAt: '2026-01-02T03:04:05Z', seconds: 9, restarts: 0 },
  profile: { name: 'smoke', description: 'Nothing.' },
  target: { kind: 'dev', page: 'http://127.0.0.1:8080', namespace: null },
  machine: { cpu: 'A processor', cores: 2, memoryGb: 8, os: 'Linux', node: 'v24' },
  ...{ notes: [], steps: [], load: null, throughput: null, samples: [], usage: [], disk: null },
  ...{ k6: null, audit: null, ...more },
});

/** For tests: a look that found the page away. */
export const aSample = (more: Partial<Sample> = {}): Sample => ({
  ...{ seconds: 0, rows: null, indexed: null, outbox: null, outboxAgeSeconds: null },
  ...{ queueVisible: null, queueInFlight: null, deadLetters: null, lagSeconds: null },
  ...{ lagP50Seconds: null, lagP99Seconds: null, pelicans: null, emus: null },
  ...{ emusDesired: null, emusReady: null, rowsPerSecond: null, embeddingsPerSecond: null },
  ...{ tokensPerSecond: null, publishedPerSecond: null, ...more },
});
