import { z } from './zod.ts';

const dependencySchema = z.strictObject({ ok: z.boolean(), reason: z.string().nullable() });

/** Those that answer, of those there are by configuration and DNS. */
const workersSchema = z.strictObject({ answering: z.int(), known: z.int() });
export type WorkerCount = z.infer<typeof workersSchema>;

const queueSchema = z.strictObject({
  visible: z.int(),
  inFlight: z.int(),
  /** Sent with a delay that is not over. */
  delayed: z.int(),
});

/** What runs and how far it is. A figure is null while its source is away; `reasons` then says why. */
export const statusSchema = z.strictObject({
  /** Rows of the table. */
  rows: z.number().nullable(),
  /** Records of the index's namespace. */
  indexed: z.number().nullable(),
  /** Changes captured and not yet queued, and the age of the oldest: null when none waits. */
  outbox: z.strictObject({ waiting: z.number(), oldestSeconds: z.number().nullable() }).nullable(),
  queue: queueSchema.nullable(),
  /** Rows that are to be read anew. */
  refreshQueue: queueSchema.nullable(),
  deadLetters: z.number().nullable(),
  /** How far search is behind the table; 0 when nothing waits. */
  lagSeconds: z.number().nullable(),
  /** From commit to index, of all emus' newest samples of the last minute together. */
  lag: z.strictObject({ p50: z.number(), p99: z.number(), samples: z.int() }).nullable(),
  emus: workersSchema.nullable(),
  pelicans: workersSchema.nullable(),
  /** Of all emus together, over the last ten seconds. */
  rates: z
    .strictObject({
      rowsPerSecond: z.number(),
      embeddingsPerSecond: z.number(),
      tokensPerSecond: z.number(),
    })
    .nullable(),
  /** Of all pelicans together, over the last ten seconds. */
  relayRates: z
    .strictObject({ rowsClaimedPerSecond: z.number(), jobsPublishedPerSecond: z.number() })
    .nullable(),
  /** The embedding account's limit, by its own word. */
  tokensPerMinute: z.number().nullable(),
  /** Figure → why it is null. */
  reasons: z.record(z.string(), z.string()),
  health: z.strictObject({
    postgres: dependencySchema,
    queue: dependencySchema,
    deadLetterQueue: dependencySchema,
    refreshQueue: dependencySchema,
    index: dependencySchema,
    /** As of the last search that needed it. */
    embedder: dependencySchema,
    workers: dependencySchema,
  }),
});
export type Status = z.infer<typeof statusSchema>;

const figure = z.number().nullable();

/** One look at the pipeline. Null is what was away then. */
export const sampleSchema = z.strictObject({
  /** Milliseconds since the epoch. */
  at: z.number(),
  outbox: figure,
  visible: figure,
  inFlight: figure,
  /** Answering. */
  pelicans: figure,
  emus: figure,
  rowsPerSecond: figure,
  embeddingsPerSecond: figure,
  tokensPerSecond: figure,
  lagP50Seconds: figure,
  lagP99Seconds: figure,
});
export type Sample = z.infer<typeof sampleSchema>;

/** Oldest first; the newest close together, older ones further apart. */
export const historySchema = z.strictObject({ samples: z.array(sampleSchema) });
export type History = z.infer<typeof historySchema>;

export const backfillSchema = z.strictObject({
  phase: z.enum(['waiting', 'walking', 'sweeping', 'finished', 'cancelled']),
  /** Rows put into the outbox. */
  processed: z.number(),
  /** Estimated for a big table; 0 before the first step. */
  total: z.number(),
  /** The rate that was asked for. */
  limitPerSecond: z.number().nullable(),
  requestedAt: z.string(),
  finishedAt: z.string().nullable(),
  /** Measured, while it walks. */
  rowsPerSecond: figure,
  /** Until all rows are on their way, at that rate. */
  secondsLeft: figure,
});
export type Backfill = z.infer<typeof backfillSchema>;

export const auditSchema = z.strictObject({
  underWay: z.boolean(),
  /** What the last that came to its end found; null before the first. */
  last: z
    .strictObject({
      finishedAt: z.string(),
      seconds: z.number(),
      verdict: z.enum(['in_step', 'mended', 'differs', 'undecided']),
      rows: z.number(),
      records: z.number(),
      missing: z.number(),
      stale: z.number(),
      orphaned: z.number(),
      mended: z.number(),
      undecided: z.number(),
      foreign: z.number(),
      unindexable: z.number(),
    })
    .nullable(),
});
export type Audit = z.infer<typeof auditSchema>;

/** How far each SemanticIndex is filled and proven. */
export const indexesSchema = z.strictObject({
  indexes: z.array(
    z.strictObject({
      index: z.string(),
      backfill: backfillSchema.nullable(),
      audit: auditSchema.nullable(),
    }),
  ),
});
export type Indexes = z.infer<typeof indexesSchema>;
