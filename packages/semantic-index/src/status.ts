import { z } from 'zod';

const count = z.int().min(0);

/** One side of how things are. */
const condition = z.strictObject({
  /** Which side: all but `Degraded` are well when `True`. */
  type: z.enum([
    'Ready',
    'SourceReachable',
    'QueueReady',
    'TargetReady',
    'BackfillComplete',
    'InSync',
    'Degraded',
  ]),
  /** `Unknown` while a server that would know is away. */
  status: z.enum(['True', 'False', 'Unknown']),
  /** One word for programs, as `QueueMissing`. */
  reason: z.string().max(1_024),
  /** A sentence for people. */
  message: z.string().max(32_768),
  /** Since when `status` is what it is. */
  lastTransitionTime: z.iso.datetime(),
  /** Of the spec that was looked at. */
  observedGeneration: count.optional(),
});

/** What the operator saw last. Its numbers are as of some seconds ago: metrics have them exactly. */
export const statusSchema = z.strictObject({
  /** The generation of the spec that all this is of. */
  observedGeneration: count.optional(),
  /** The conditions in a word, for people. */
  phase: z
    .enum([
      'Provisioning',
      'Backfilling',
      'Auditing',
      'Moving',
      'Ready',
      'Paused',
      'Stopped',
      'Degraded',
      'Deleting',
    ])
    .optional(),
  /** How things are, side by side. */
  conditions: z.array(condition).max(16).optional(),
  /** What is on its way, and what did not arrive. */
  queue: z
    .strictObject({
      /** Messages that wait. */
      visible: count,
      /** Messages that emus have in work. */
      inFlight: count,
      /** Messages that were given up, with their reasons: `aviary dead-letters list`. */
      deadLettered: count,
      /** Age of the oldest change that is on its way. */
      oldestAgeSeconds: count.optional(),
    })
    .optional(),
  /** The last backfill. */
  backfill: z
    .strictObject({
      /** Rows that were sent. */
      processed: count,
      /** Rows of the table, as counted when it began. */
      total: count,
      /** Of the rows, as `42 %`. */
      progress: z.string(),
    })
    .optional(),
  /** The last audit. */
  audit: z
    .strictObject({
      /** When it ended. */
      lastRun: z.iso.datetime(),
      /** Rows without a record. */
      missing: count,
      /** Records that say something else than their row. */
      stale: count,
      /** Records whose row is gone. */
      orphaned: count,
      /** The three together. */
      drift: count,
    })
    .optional(),
  /** Emus. */
  workers: z
    .strictObject({
      /** As many as the backlog asks for. */
      desired: count,
      /** As many as work. */
      ready: count,
    })
    .optional(),
  /** The index that is searched: `spec.target.index`, or its predecessor while another is filled. */
  activeIndex: z.string().optional(),
  /** The namespace that is searched: `spec.target.namespace`, with the number of its generation behind it once anything was renewed. */
  activeNamespace: z.string().optional(),
  /** What went wrong last, with its remedy; absent when all is well. */
  lastError: z.string().max(32_768).optional(),
});

export type SemanticIndexStatus = Readonly<z.output<typeof statusSchema>>;
