import { encodeDeadLetter } from '@aviary/change-job';
import type { OutgoingMessage } from '@aviary/queue';
import type { Refusal } from './task.ts';

/**
 * The dead letter of a refused message: ordered by row as the message was, and the same letter however often
 * the message is refused.
 */
export function deadLetterOf(
  { message, stage, reason, index, id, version }: Refusal,
  deadLetteredAt: number,
): OutgoingMessage {
  const namesRow = index !== undefined && id !== undefined;
  return {
    body: encodeDeadLetter({
      stage,
      reason,
      ...(index === undefined ? {} : { index }),
      ...(id === undefined ? {} : { id }),
      ...(version === undefined ? {} : { version }),
      firstSeenAt: message.sentAt,
      deadLetteredAt,
      receiveCount: message.receiveCount,
      ...(namesRow ? {} : { rawBody: message.body }),
    }),
    groupId: message.groupId,
    deduplicationId: message.id,
  };
}
