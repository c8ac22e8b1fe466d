import { decodeJob, type ChangeJob } from '@aviary/change-job';
import { PermanentError } from '@aviary/runtime';
import type { ReceivedMessage } from '@aviary/queue';
import type { Lease } from './leases.ts';
import type { Refusal, Task } from './task.ts';

/**
 * Reads the jobs of a batch. Of several messages of one row the newest readable one counts: it says what the
 * record must be, whatever those before it said. A message that reached the queue after its `publishBy` never does: it
 * may stand behind a newer one.
 *
 * @param known names of the SemanticIndexes this emu has specs of
 * @returns `late` are those messages, whose rows have to be read anew
 */
export function decode(
  leases: readonly Lease[],
  known: { has(index: string): boolean },
): { tasks: Task[]; late: Task[]; refusals: Refusal[] } {
  const tasks: Task[] = [];
  const late: Task[] = [];
  const refusals: Refusal[] = [];
  for (const lease of leases) {
    let newest: Task | undefined;
    for (const message of lease.messages) {
      const job = read(message);
      if (job instanceof PermanentError) {
        refusals.push({
          lease,
          message,
          stage: 'decode',
          reason: job.message,
          ...namesIn(message.body),
        });
      } else if (!known.has(job.index)) {
        refusals.push({
          lease,
          message,
          stage: 'decode',
          reason: `This emu has no SemanticIndex "${job.index}": give it the spec (SPECS), then redrive.`,
          index: job.index,
          id: job.id,
          version: job.version,
        });
      } else if (message.sentAt > job.publishBy) {
        late.push({ lease, job, queuedAt: message.sentAt });
      } else {
        newest = { lease, job, queuedAt: message.sentAt };
      }
    }
    if (newest !== undefined) tasks.push(newest);
  }
  return { tasks, late, refusals };
}

function read(message: ReceivedMessage): ChangeJob | PermanentError {
  try {
    return decodeJob(message.body);
  } catch (error) {
    if (error instanceof PermanentError) return error;
    throw error;
  }
}

/** The row that an unreadable message names, so that it can be read anew once it may be understood. */
function namesIn(body: string): Pick<Refusal, 'index' | 'id' | 'version'> {
  try {
    const { index, id, version } = JSON.parse(body) as Record<string, unknown>;
    return {
      index: typeof index === 'string' ? index : undefined,
      id: typeof id === 'string' ? id : undefined,
      version: typeof version === 'number' ? version : undefined,
    };
  } catch {
    return {};
  }
}
