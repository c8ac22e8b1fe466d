import { z } from 'zod';
import { toMessageText } from './message-text.ts';

/** What is kept of a message that is no job, in characters. */
const rawBodyLimit = 10_000;

const deadLetter = z.object({
  /** Where it failed: the stage's name. */
  stage: z.string(),
  /** Why, for a person. */
  reason: z.string(),
  /** SemanticIndex and record, where they could be read. */
  index: z.string().optional(),
  id: z.string().optional(),
  version: z.number().optional(),
  /** Milliseconds since the epoch. */
  firstSeenAt: z.number(),
  deadLetteredAt: z.number(),
  receiveCount: z.int().nonnegative(),
  /** The message itself, cut, only where it could not be read as a job. */
  rawBody: z.string().max(rawBodyLimit).optional(),
});

/**
 * Why a change could not be brought into the index. It names the row and never carries its content: a
 * redrive reads the row anew.
 */
export type DeadLetter = z.infer<typeof deadLetter>;

export function encodeDeadLetter(letter: DeadLetter): string {
  return toMessageText({ ...letter, rawBody: letter.rawBody?.slice(0, rawBodyLimit) });
}

/** A dead letter, or undefined for a message that SQS itself moved there. */
export function decodeDeadLetter(body: string): DeadLetter | undefined {
  try {
    return deadLetter.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
