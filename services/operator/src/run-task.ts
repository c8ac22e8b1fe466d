import type { OneTask } from '@aviary/cdk8s';
import type { Generation } from './generation.ts';
import type { ObservedGeneration, ObservedJob } from './observed.ts';
import type { Fault, Plan } from './plan.ts';

/** From a Job's failure to the next try, in milliseconds. */
const retryMs = 60_000;

export type TaskState =
  | { readonly is: 'done' }
  | { readonly is: 'pending' }
  | { readonly is: 'failed'; readonly job: ObservedJob };

/**
 * Brings a task forward, a Job at a time: whatever else of this generation is running, or was run for another occasion,
 * goes first, since Jobs of two occasions would undo each other's work, and one of an earlier time proves nothing.
 *
 * @param isDone what counts as success; a Job that exits with 0 when absent
 */
export function runTask(
  plan: Plan,
  seen: ObservedGeneration,
  generation: Generation,
  one: OneTask,
  occasion: string,
  isDone = (job: ObservedJob) => job.phase === 'succeeded',
): TaskState {
  const isIts = (job: ObservedJob) => job.task === one.task && job.occasion === occasion;
  const others = seen.jobs.filter((job) => !isIts(job));
  if (others.length > 0) {
    plan.remove(...others.filter(({ phase }) => phase !== 'ending').map(({ object }) => object));
    return { is: 'pending' };
  }
  const job = seen.jobs.find(isIts);
  if (job === undefined) {
    plan.apply(plan.desired.job(generation, one, occasion));
    return { is: 'pending' };
  }
  if (job.phase === 'running' || job.phase === 'ending') return { is: 'pending' };
  if (isDone(job)) return { is: 'done' };
  const retryAt = (job.finishedAt ?? plan.now) + retryMs;
  if (plan.now >= retryAt) plan.remove(job.object);
  else plan.lookAt(retryAt);
  return { is: 'failed', job };
}

/** Takes away what other tasks have left, so that none of it is taken for what comes. */
export function endTasks(plan: Plan, seen: ObservedGeneration): 'done' | 'pending' {
  plan.remove(...seen.jobs.filter(({ phase }) => phase !== 'ending').map(({ object }) => object));
  return seen.jobs.length === 0 ? 'done' : 'pending';
}

/** Tells of a failure until there is success: while a Job is tried again, nothing is known to be better. */
export function tellFailure(
  plan: Plan,
  state: TaskState,
  part: Fault['part'],
  reason: string,
): void {
  if (state.is === 'done') return;
  const conditions = plan.observed.resource.status?.conditions;
  const former = conditions?.find((one) => one.status === 'False' && one.reason === reason);
  const complaint = state.is === 'failed' ? complaintOf(state.job) : former?.message;
  if (complaint !== undefined) plan.fault(part, reason, complaint);
}

/** What a failed Job says of itself. */
function complaintOf({ message = '', exitCode }: ObservedJob): string {
  if (message.trim() !== '') return message.trim();
  return exitCode === undefined
    ? 'its pod could not run: kubectl describe job says why'
    : `it exited with ${exitCode} and said nothing`;
}
