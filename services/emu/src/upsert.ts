import { managedMetadata, type DeleteJob, type UpsertJob } from '@aviary/change-job';
import { faultPoint } from '@aviary/runtime';
import { UnansweredError } from '@aviary/vector-index';
import { isolate } from './isolate.ts';
import type { Leases } from './leases.ts';
import type { Route } from './route.ts';
import { refuse, type Embedded, type Refusal, type Task } from './task.ts';

export interface WriteOutcome<Job extends UpsertJob | DeleteJob> {
  /** What the index accepted. */
  done: Task<Job>[];
  refusals: Refusal[];
}

/**
 * Brings records into the index. A task whose lease is nearly over is left out, before each attempt: another
 * emu may soon write a newer state of that row, and Pinecone would let an older one overwrite it. An attempt that
 * ends without an answer stays counted in its leases.
 */
export async function upsert(
  tasks: readonly Task<UpsertJob>[],
  vectors: ReadonlyMap<string, Embedded>,
  route: Route,
  leases: Leases,
  signal: AbortSignal,
): Promise<WriteOutcome<UpsertJob>> {
  return write(tasks, 'upsert', route, leases, signal, (safe) =>
    route.records.upsert(
      safe.map(({ job, queuedAt }) => {
        const embedded = vectors.get(job.contentHash);
        if (embedded === undefined) throw new Error('The text of this job was not embedded.');
        const { values, embeddedAt } = embedded;
        return { id: job.id, values, metadata: managedMetadata(job, { queuedAt, embeddedAt }) };
      }),
      signal,
    ),
  );
}

/** Removes records from the index, under the same rule of leases. */
export async function remove(
  tasks: readonly Task<DeleteJob>[],
  route: Route,
  leases: Leases,
  signal: AbortSignal,
): Promise<WriteOutcome<DeleteJob>> {
  return write(tasks, 'delete', route, leases, signal, (safe) =>
    route.records.delete(
      safe.map(({ job }) => job.id),
      signal,
    ),
  );
}

async function write<Job extends UpsertJob | DeleteJob>(
  tasks: readonly Task<Job>[],
  stage: 'upsert' | 'delete',
  route: Route,
  leases: Leases,
  signal: AbortSignal,
  request: (safe: readonly Task<Job>[]) => Promise<void>,
): Promise<WriteOutcome<Job>> {
  const done: Task<Job>[] = [];
  const failures = await isolate(
    tasks,
    (part) =>
      route.storage.call(async () => {
        const safe = part.filter(({ lease }) => leases.isSafe(lease));
        if (safe.length === 0) return;
        for (const { lease } of safe) lease.unanswered += 1;
        faultPoint('emu.writing');
        try {
          await request(safe);
        } catch (error) {
          const isAnswered = !signal.aborted && !(error instanceof UnansweredError);
          if (isAnswered) for (const { lease } of safe) lease.unanswered -= 1;
          throw error;
        }
        for (const { lease } of safe) lease.unanswered -= 1;
        faultPoint('emu.written');
        done.push(...safe);
      }, signal),
    signal,
  );
  return { done, refusals: failures.map(({ item, error }) => refuse(item, stage, error)) };
}
