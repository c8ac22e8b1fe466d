import { z } from 'zod';

/**
 * What a load test leaves behind, as JSON: the runner writes it, the report and the scaling model read it.
 * Times are in seconds since the run began; a figure is null when its source was away or there is none.
 */

const figure = z.number().nullable();

/** One look, once a second, at the page's own status, and at the cluster where there is one. */
export const sampleSchema = z.strictObject({
  seconds: z.number(),
  /** Rows of the table, and records of the index. */
  rows: figure,
  indexed: figure,
  /** Changes captured and not yet queued, and the oldest one's age. */
  outbox: figure,
  outboxAgeSeconds: figure,
  queueVisible: figure,
  queueInFlight: figure,
  deadLetters: figure,
  /** How far search is behind the table. */
  lagSeconds: figure,
  /** From commit to index, of what the emus wrote within the last minute. */
  lagP50Seconds: figure,
  lagP99Seconds: figure,
  /** Those that answer. */
  pelicans: figure,
  emus: figure,
  /** Of the emus' Deployment: null but on a cluster. */
  emusDesired: figure,
  emusReady: figure,
  /** Of all emus, and of all pelicans, over the last ten seconds. */
  rowsPerSecond: figure,
  embeddingsPerSecond: figure,
  tokensPerSecond: figure,
  publishedPerSecond: figure,
});
export type Sample = z.infer<typeof sampleSchema>;

/** What one process, or one kind of pod, used. Null but where the load test runs on its machine. */
const usageSchema = z.strictObject({
  name: z.string(),
  cpuSeconds: z.number(),
  /** Resident, in megabytes: at the start, at the highest, at the end. */
  firstMb: z.number(),
  peakMb: z.number(),
  lastMb: z.number(),
});
export type Usage = z.infer<typeof usageSchema>;

const latencySchema = z.strictObject({
  samples: z.int(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
});
export type Latency = z.infer<typeof latencySchema>;

/** One kind of visit: searches, edits or deletes. */
const visitsSchema = z.strictObject({
  name: z.string(),
  requests: z.int(),
  requestsPerSecond: z.number(),
  /** From 0 to 1. */
  failed: z.number(),
  latency: latencySchema.nullable(),
});
export type Visits = z.infer<typeof visitsSchema>;

const k6Schema = z.strictObject({
  version: z.string(),
  /** How k6 was run: from PATH, by docker, or as a Job. */
  by: z.enum(['binary', 'docker', 'job']),
  visits: z.array(visitsSchema),
  /** From the answer to an edit until that edit is searchable. Null when no edit was made. */
  freshness: latencySchema.nullable(),
  /** Visits that should have begun and did not, for want of virtual users. */
  dropped: z.int(),
  mostVirtualUsers: z.int(),
});
export type K6Summary = z.infer<typeof k6Schema>;

export const auditSchema = z.strictObject({
  verdict: z.enum(['in_step', 'mended', 'differs', 'undecided']),
  rows: z.int(),
  records: z.int(),
  missing: z.int(),
  stale: z.int(),
  orphaned: z.int(),
  undecided: z.int(),
  unindexable: z.int(),
  seconds: z.number(),
});
export type AuditResult = z.infer<typeof auditSchema>;

/** One threshold of the profile, and what was measured. */
const checkSchema = z.strictObject({
  name: z.string(),
  unit: z.string(),
  /** Passes when measured <= limit, or measured >= limit. */
  rule: z.enum(['at most', 'at least']),
  limit: z.number(),
  /** Null, which does not pass, when it could not be measured. */
  measured: figure,
  passed: z.boolean(),
});
export type Check = z.infer<typeof checkSchema>;

export const resultSchema = z.strictObject({
  format: z.literal(1),
  /** Of the files NAME.json, NAME.html and NAME.svg. */
  name: z.string(),
  profile: z.strictObject({ name: z.string(), description: z.string() }),
  target: z.strictObject({
    kind: z.enum(['dev', 'kubernetes']),
    page: z.string(),
    namespace: z.string().nullable(),
  }),
  startedAt: z.iso.datetime(),
  seconds: z.number(),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int(),
    memoryGb: z.number(),
    os: z.string(),
    node: z.string(),
  }),
  /** Sentences that a reader needs: what stood in for what, what else used the machine. */
  notes: z.array(z.string()),
  /** Of the run, in their order: bands of the timeline. */
  steps: z.array(
    z.strictObject({ name: z.string(), fromSeconds: z.number(), toSeconds: z.number() }),
  ),
  /** The rows put into the table by COPY. */
  load: z
    .strictObject({ rows: z.int(), seconds: z.number(), rowsPerSecond: z.number() })
    .nullable(),
  /** From the beginning of the load until every row was searchable: null when nothing was loaded. */
  throughput: z
    .strictObject({ rows: z.int(), seconds: z.number(), rowsPerSecond: z.number() })
    .nullable(),
  samples: z.array(sampleSchema),
  usage: z.array(usageSchema),
  /** Of the data directories: null but where the load test runs on their machine. */
  disk: z.strictObject({ firstMb: z.number(), peakMb: z.number(), lastMb: z.number() }).nullable(),
  /** Of processes or containers, during the run. */
  restarts: z.int(),
  k6: k6Schema.nullable(),
  audit: auditSchema.nullable(),
  verdict: z.strictObject({ passed: z.boolean(), checks: z.array(checkSchema) }),
});
export type Result = z.infer<typeof resultSchema>;
