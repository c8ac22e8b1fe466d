import { z } from './zod.ts';

/** As many rows as one answer lists. */
export const mostLetters = 1_000;

/** The letters of one row: what the last one says, and how many there are. */
export const deadLetterSchema = z.strictObject({
  /** Of the last one; stands for it and the older ones of its row. */
  letterId: z.string(),
  index: z.string().nullable(),
  recordId: z.string().nullable(),
  key: z.array(z.string()).nullable(),
  stage: z.string(),
  reason: z.string(),
  version: z.number().nullable(),
  firstSeenAt: z.string(),
  lastSeenAt: z.string(),
  receiveCount: z.int(),
  letters: z.int().positive(),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

export const deadLettersSchema = z.strictObject({
  /** Oldest first. */
  rows: z.array(deadLetterSchema),
  /** Letters seen, of about so many in the queue: others may be in someone else's hands just now. */
  seen: z.int(),
  inQueue: z.int(),
  /** There are more rows than one answer lists. */
  more: z.boolean(),
});
export type DeadLetters = z.infer<typeof deadLettersSchema>;

/** Which letters: by id, each with the older ones of its row; or all that arrived by a time. */
export const letterSelectionSchema = z.union([
  z.strictObject({ letterIds: z.array(z.string().min(1).max(200)).min(1).max(mostLetters) }),
  z.strictObject({
    all: z.literal(true),
    /** The `before` of the answer that said there is more. */
    before: z.number().optional(),
  }),
]);
export type LetterSelection = z.infer<typeof letterSelectionSchema>;

export const letterOutcomeSchema = z.strictObject({
  letters: z.int(),
  rows: z.int(),
  notDone: z.array(z.strictObject({ letterId: z.string(), reason: z.string() })),
  /** Time was up before all were done: ask again, with `before`. */
  more: z.boolean(),
  /** Milliseconds since the epoch: later letters are not meant. */
  before: z.number(),
});
export type LetterOutcome = z.infer<typeof letterOutcomeSchema>;
