import { ownKeyOf, type Generation } from './generation.ts';
import type { ObservedGeneration } from './observed.ts';
import type { Plan } from './plan.ts';
import { endTasks, runTask, tellFailure } from './run-task.ts';

/**
 * Takes workers and triggers away, in this order: a pelican would put the triggers back.
 *
 * @returns the generation as it is on record from now on; without `captured` once it is done
 */
export function quiesce(plan: Plan, seen: ObservedGeneration, generation: Generation): Generation {
  const own = plan.own(generation).filter(({ kind }) => kind !== 'ConfigMap');
  plan.remove(...own);
  if (own.length > 0 || seen.pelican !== undefined || seen.emu !== undefined) return generation;
  if (generation.captured !== true) return generation;
  const state = runTask(plan, seen, generation, { task: 'uninstall' }, 'end');
  tellFailure(plan, state, 'source', 'UninstallFailed');
  // On record before it runs: who goes on installs first, since triggers may be gone, and changes with them.
  const doubted = {
    ...generation,
    installed: undefined,
    backfilled: undefined,
    audited: undefined,
  };
  return state.is === 'done' ? { ...doubted, captured: undefined } : doubted;
}

/**
 * Takes all of a generation away, and its data too where that is wanted.
 *
 * @returns undefined once nothing of it is left but its record, which goes with this
 */
export function dismantle(
  plan: Plan,
  seen: ObservedGeneration,
  given: Generation,
  { dropsData }: { dropsData: boolean },
): Generation | undefined {
  const generation = quiesce(plan, seen, given);
  const hasWorkers = plan.own(generation).some(({ kind }) => kind !== 'ConfigMap');
  if (hasWorkers || seen.pelican || seen.emu || generation.captured) return generation;
  if (generation.dropping && ownKeyOf(generation) !== undefined && !generation.emptied)
    return empty(plan, seen, generation);
  if (endTasks(plan, seen) === 'pending') return generation;
  // On record, since only then is it asked what is there.
  if (dropsData && !given.dropping) return { ...generation, dropping: true };
  if (dropsData && !isDataGone(plan, seen, generation)) return generation;
  plan.remove(...plan.own(generation));
  return undefined;
}

/** By a Job that is given the key. */
function empty(plan: Plan, seen: ObservedGeneration, generation: Generation): Generation {
  const state = runTask(plan, seen, generation, { task: 'drop-records' }, 'end');
  tellFailure(plan, state, 'target', 'DropFailed');
  return state.is === 'done' ? { ...generation, emptied: true } : generation;
}

function isDataGone(plan: Plan, seen: ObservedGeneration, generation: Generation): boolean {
  const { index, namespace } = generation.spec.target;
  const { records, queues } = seen;
  const areRecordsGone = generation.emptied ?? ('value' in records && records.value === 0);
  if (!areRecordsGone) {
    if ('unknown' in records) plan.fault('target', 'TargetUnknown', records.unknown);
    else plan.act({ act: 'dropNamespace', index, namespace });
  }
  const areQueuesGone = 'value' in queues && queues.value === undefined;
  if ('unknown' in queues) plan.fault('queue', 'QueueUnknown', queues.unknown);
  else if (!areQueuesGone) plan.act({ act: 'deleteQueues', name: generation.queueName });
  return areRecordsGone && areQueuesGone;
}
