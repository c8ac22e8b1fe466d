import { z } from 'zod';

const dependencySchema = z.strictObject({ ok: z.boolean(), reason: z.string().nullable() });

/** What runs and how far it is. A figure is null while its source is away; `reasons` then says why. */
export const statusSchema = z.strictObject({
  /** Rows of the table. */
  rows: z.number().nullable(),
  /** Records of the index's namespace. */
  indexed: z.number().nullable(),
  /** Changes captured and not yet queued. */
  outbox: z.number().nullable(),
  queue: z.strictObject({ visible: z.number(), inFlight: z.number() }).nullable(),
  deadLetters: z.number().nullable(),
  /** How far search is behind the table; 0 when nothing waits. */
  lagSeconds: z.number().nullable(),
  /** Workers that answer. */
  emus: z.number().nullable(),
  pelicans: z.number().nullable(),
  rates: z
    .strictObject({
      rowsPerSecond: z.number(),
      embeddingsPerSecond: z.number(),
      tokensPerSecond: z.number(),
    })
    .nullable(),
  /** Figure → why it is null. */
  reasons: z.record(z.string(), z.string()),
  health: z.strictObject({
    postgres: dependencySchema,
    queue: dependencySchema,
    deadLetterQueue: dependencySchema,
    index: dependencySchema,
    /** As of the last search that needed it. */
    embedder: dependencySchema,
    workers: dependencySchema,
  }),
});
export type Status = z.infer<typeof statusSchema>;
