import { encodeDeadLetter } from '@aviary/change-job';
import type { OutgoingMessage, Queue } from '@aviary/queue';
import { faultPoint, type Logger } from '@aviary/runtime';
import type { Dependency } from './dependency.ts';
import type { Lease } from './leases.ts';
import type { Refusal } from './task.ts';
import type { Telemetry } from './telemetry.ts';

export interface DeadLetterContext {
  deadLetterQueue: Queue;
  deadLetters: Dependency;
  telemetry: Telemetry;
  logger: Logger;
}

/**
 * Sends refusals to the dead-letter queue: only then may their messages leave the queue.
 *
 * @returns the leases of those it does not take. SQS delivers them again, and buries them by itself when their
 * receives are used up.
 */
export async function buryRefused(
  refusals: readonly Refusal[],
  { deadLetterQueue, deadLetters, telemetry, logger }: DeadLetterContext,
  signal: AbortSignal,
): Promise<Set<Lease>> {
  const unburied = new Set<Lease>();
  if (refusals.length === 0) return unburied;
  const now = Date.now();
  const refused = await deadLetterQueue.send(
    refusals.map((refusal) => ({ ...deadLetterOf(refusal, now), refusal })),
    { signal, onRetry: (error) => deadLetters.failed(error) },
  );
  deadLetters.ok();
  faultPoint('emu.dead-lettered');
  for (const { message, reason } of refused) {
    unburied.add(message.refusal.lease);
    logger.error({ event: 'dead_letter_refused', id: message.refusal.id, reason });
  }
  for (const { lease, stage, reason, index, op, id, version, unexpected: err } of refusals) {
    if (unburied.has(lease)) continue;
    telemetry.deadLettered(index, op);
    logger.warn({ event: 'dead_lettered', stage, reason, index, id, version, err });
  }
  return unburied;
}

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
