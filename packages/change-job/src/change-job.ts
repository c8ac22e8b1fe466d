import { hash } from 'node:crypto';
import { PermanentError } from '@aviary/runtime';
import { z } from 'zod';
import { toMessageText } from './message-text.ts';

/** The wire format this build writes and reads. Raise it when an old reader would misread a new job. */
export const jobFormat = 1;

const metadataValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

const common = {
  format: z.literal(jobFormat),
  /** Name of the SemanticIndex. */
  index: z.string().min(1),
  /** Record id; the row's key can be read from it. */
  id: z.string().min(1).max(512),
  /** Drawn when pelican claimed the row: of two jobs of a row, the higher one was read later. */
  version: z.int().nonnegative(),
  /** When that change was made, in milliseconds since the epoch. */
  changedAt: z.number(),
  /**
   * Until when pelican alone may publish this row, in milliseconds since the epoch. A message that reached the
   * queue later may stand behind a newer one of its row: the row has to be read anew.
   */
  publishBy: z.number(),
};

const upsertJob = z.object({
  ...common,
  op: z.literal('upsert'),
  text: z.string().min(1),
  metadata: z.record(z.string(), metadataValue),
  contentHash: z.string().min(1),
  /** Capture saw the text being new: no stored vector can serve, so looking for one is wasted. */
  textIsNew: z.boolean(),
});

const deleteJob = z.object({ ...common, op: z.literal('delete') });

const changeJob = z.discriminatedUnion('op', [upsertJob, deleteJob]);

export type MetadataValue = z.infer<typeof metadataValue>;
export type UpsertJob = z.infer<typeof upsertJob>;
export type DeleteJob = z.infer<typeof deleteJob>;
/** What pelican tells emu of one row: what its record must be, or that it must be gone. */
export type ChangeJob = z.infer<typeof changeJob>;

export function encodeJob(job: ChangeJob): string {
  return toMessageText(job);
}

/** @throws PermanentError that says what is wrong with the message, for the dead letter's reason. */
export function decodeJob(body: string): ChangeJob {
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch (error) {
    throw new PermanentError('The message is not JSON: something other than pelican wrote it.', {
      cause: error,
    });
  }
  const format = (content as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > jobFormat) {
    throw new PermanentError(
      `The job has format ${format} and this emu reads ${jobFormat}: upgrade emu, then redrive.`,
    );
  }
  const result = changeJob.safeParse(content);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new PermanentError(`The message is not a change job: ${faults.join('; ')}.`);
}

/**
 * SQS keeps order within a message group: one group per row makes a stale overwrite impossible, and a
 * version repeated after a crash is dropped by its deduplication id.
 */
export function orderingOf(job: Pick<ChangeJob, 'index' | 'id' | 'version'>): {
  groupId: string;
  deduplicationId: string;
} {
  const groupId = hash('sha256', `${job.index}\n${job.id}`, 'base64url');
  return { groupId, deduplicationId: `${groupId}-${job.version}` };
}
