import {
  encodeDeadLetter,
  encodeJob,
  orderingOf,
  type ChangeJob,
  type DeadLetter,
} from '@aviary/change-job';
import type { Queue } from '@aviary/queue';
import type { RetryableError } from '@aviary/runtime';

/** A change that cannot be brought on its way, and why. */
export interface Unpublishable {
  index: string;
  id: string;
  version: number;
  stage: 'render' | 'publish';
  reason: string;
  changedAt: number;
}

export interface PublishOptions {
  signal: AbortSignal;
  onRetry?: (error: RetryableError, pauseMs: number) => void;
}

/**
 * Sends the jobs, each in its row's message group.
 *
 * @returns those that were sent, and those that SQS refused for good.
 * @throws the signal's reason when it aborts before all are sent.
 */
export async function publish(
  queue: Queue,
  jobs: readonly ChangeJob[],
  options: PublishOptions,
): Promise<{ sent: readonly ChangeJob[]; refused: Unpublishable[] }> {
  const messages = jobs.map((job) => ({ body: encodeJob(job), ...orderingOf(job), job }));
  const refused = await queue.send(messages, options);
  const refusedJobs = new Set(refused.map(({ message }) => message.job));
  return {
    sent: jobs.filter((job) => !refusedJobs.has(job)),
    refused: refused.map(({ message: { job }, reason }) => ({
      index: job.index,
      id: job.id,
      version: job.version,
      changedAt: job.changedAt,
      stage: 'publish',
      reason,
    })),
  };
}

/** Sends what cannot be published to the dead-letter queue, in its row's group there. */
export async function deadLetter(
  queue: Queue,
  changes: readonly Unpublishable[],
  options: PublishOptions,
): Promise<void> {
  const now = Date.now();
  const messages = changes.map(({ changedAt, ...change }) => {
    const letter: DeadLetter = {
      ...change,
      firstSeenAt: changedAt,
      deadLetteredAt: now,
      receiveCount: 0,
    };
    return { body: encodeDeadLetter(letter), ...orderingOf(change) };
  });
  await queue.send(messages, options);
}
