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

/** What a job of any format says of its row. */
const namedRow = z.object({
  index: z.string().min(1),
  id: z.string().min(1),
  version: z.number().optional().catch(undefined),
  changedAt: z.number().optional().catch(undefined),
});

/**
 * What lies in the dead-letter queue, whoever put it there: a letter of Aviary's, a job that SQS gave up by
 * itself, or anything else.
 *
 * @param message `sentAt` is when it came into the dead-letter queue
 */
export function readDeadLetter(message: {
  body: string;
  sentAt: number;
  receiveCount: number;
}): DeadLetter {
  const letter = decodeDeadLetter(message.body);
  if (letter !== undefined) return letter;
  const { sentAt, receiveCount } = message;
  const row = rowNamedIn(message.body);
  if (row === undefined) {
    return {
      stage: 'receive',
      reason: 'The message is neither a change job nor a dead letter: something else wrote it.',
      firstSeenAt: sentAt,
      deadLetteredAt: sentAt,
      receiveCount,
      rawBody: message.body.slice(0, rawBodyLimit),
    };
  }
  return {
    stage: 'receive',
    // The count goes on in the dead-letter queue.
    reason: `Received ${receiveCount} times, looks at it here included, and never finished: an emu crashed or was killed each time.`,
    index: row.index,
    id: row.id,
    ...(row.version === undefined ? {} : { version: row.version }),
    firstSeenAt: row.changedAt ?? sentAt,
    deadLetteredAt: sentAt,
    receiveCount,
  };
}

function rowNamedIn(body: string): z.infer<typeof namedRow> | undefined {
  try {
    return namedRow.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
