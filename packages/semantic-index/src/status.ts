import { z } from 'zod';

const count = z.int().min(0);

const condition = z.strictObject({
  type: z.enum([
    'Ready',
    'SourceReachable',
    'QueueReady',
    'TargetReady',
    'BackfillComplete',
    'InSync',
    'Degraded',
  ]),
  status: z.enum(['True', 'False', 'Unknown']),
  /** One word for programs, as `QueueMissing`. */
  reason: z.string().max(1_024),
  /** A sentence for people. */
  message: z.string().max(32_768),
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
  conditions: z.array(condition).max(16).optional(),
  queue: z
    .strictObject({
      /** Messages that wait. */
      visible: count,
      /** Messages that emus have in work. */
      inFlight: count,
      deadLettered: count,
      /** Age of the oldest change that is on its way. */
      oldestAgeSeconds: count.optional(),
    })
    .optional(),
  backfill: z
    .strictObject({
      processed: count,
      /** Rows of the table, as counted when it began. */
      total: count,
      /** Of the rows, as `42 %`. */
      progress: z.string(),
    })
    .optional(),
  audit: z
    .strictObject({
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
  workers: z.strictObject({ desired: count, ready: count }).optional(),
  /** The index that is searched: `spec.target.index`, or its predecessor while another is filled. */
  activeIndex: z.string().optional(),
  /** The namespace that is searched: `spec.target.namespace`, with the number of its generation behind it once anything was renewed. */
  activeNamespace: z.string().optional(),
  /** What went wrong last, with its remedy; absent when all is well. */
  lastError: z.string().max(32_768).optional(),
});

export type SemanticIndexStatus = Readonly<z.output<typeof statusSchema>>;
