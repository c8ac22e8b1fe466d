import { digestOf, ownKeyOf, type Generation } from './generation.ts';
import { isInStep, readFindings, type Findings } from './findings.ts';
import type { ObservedGeneration } from './observed.ts';
import type { Plan } from './plan.ts';
import { runTask, tellFailure } from './run-task.ts';

/**
 * Brings a generation that lives one step nearer to
 *
 *     queues and index ──► installed ──► workers ──► backfilled ──► audited
 *
 * for its spec as it is now, and keeps what it has. Every step is found done by what is observed or on record: it may
 * be cut off anywhere, and begun again.
 */
export function advance(
  plan: Plan,
  seen: ObservedGeneration,
  given: Generation,
  { isWanted = true }: { isWanted?: boolean } = {},
): Generation {
  const digest = digestOf(given.spec);
  const provided = provide(plan, seen, given);
  if (provided.queues === undefined || !hasRightTarget(plan, seen, provided)) return provided;
  const installed = install(plan, seen, provided, digest);
  if (installed.installed === undefined) return installed;
  plan.apply(...plan.desired.workers(installed, { isPaused: false }));
  const asked = isWanted ? askForBackfill(plan, seen, installed, digest) : installed;
  // A task at a time: what comes next would end the Job that asks.
  if (isWanted && !isAnswered(plan, asked)) return asked;
  const backfilled = backfill(seen, asked, digest);
  const audited = audit(plan, seen, backfilled, digest);
  if (plan.spec.audit === undefined) plan.removeOwn(audited, 'CronJob');
  else if (isSettled(audited)) plan.apply(...plan.desired.periodicAudit(audited));
  return audited;
}

/** Its index holds what the spec asks for, and nothing is under way any more. */
export const isSettled = ({ spec, installed, backfilled, audited }: Generation): boolean =>
  installed !== undefined && backfilled === digestOf(spec) && audited === backfilled;

function provide(plan: Plan, seen: ObservedGeneration, generation: Generation): Generation {
  if ('unknown' in seen.queues) {
    plan.fault('queue', 'QueueUnknown', seen.queues.unknown);
    return generation;
  }
  const { value } = seen.queues;
  if (value) return { ...generation, queues: value };
  plan.act({ act: 'makeQueues', name: generation.queueName });
  return generation;
}

function hasRightTarget(plan: Plan, seen: ObservedGeneration, generation: Generation): boolean {
  // Its workers make it, and wait where it is another.
  if (ownKeyOf(generation) !== undefined) return true;
  const { target } = seen;
  const { spec } = generation;
  const { index, metric } = spec.target;
  const { dimensions } = spec.embedding;
  if ('unknown' in target) {
    plan.fault('target', 'TargetUnknown', target.unknown);
    // Workers bear that, and what they do not need is no reason to hold them back.
    return true;
  }
  const { value } = target;
  if (value === undefined) {
    plan.act({ act: 'makeTarget', index, dimensions, metric });
    return true;
  }
  if (value.dimensions === dimensions && value.metric === metric) return true;
  plan.fault(
    'target',
    'TargetDiffers',
    `Pinecone's index ${index} has ${value.dimensions} dimensions and metric ${value.metric}, and this asks for ${dimensions} and ${metric}: name another target.index.`,
  );
  return false;
}

function install(
  plan: Plan,
  seen: ObservedGeneration,
  generation: Generation,
  digest: string,
): Generation {
  const occasion = plan.desired.installOccasion(generation);
  if (generation.installed === occasion) return generation;
  // From here on Postgres may have either spec's triggers, and records may be of either.
  const isSameSpec = generation.backfilled === digest;
  const begun: Generation = {
    ...generation,
    captured: true,
    installed: undefined,
    ...(!isSameSpec && { backfilled: undefined, audited: undefined }),
  };
  const state = runTask(plan, seen, begun, { task: 'install' }, occasion);
  if (state.is === 'done') return { ...begun, installed: occasion };
  tellFailure(plan, state, 'source', 'InstallFailed');
  return begun;
}

const isAnswered = ({ spec }: Plan, { request }: Generation) =>
  digestOf(spec.backfill ?? {}) === digestOf(request ?? {});

function askForBackfill(
  plan: Plan,
  seen: ObservedGeneration,
  generation: Generation,
  digest: string,
): Generation {
  const { backfilled, request = {} } = generation;
  const wish = plan.spec.backfill ?? {};
  if (isAnswered(plan, generation)) return generation;
  const { requestId, ratePerSecond: rowsPerSecond } = wish;
  const restart = requestId !== undefined && requestId !== request.requestId;
  // A rate is of no meaning to what is done.
  if (!restart && backfilled === digest) return { ...generation, request: wish };
  const one = { task: 'backfill', restart, rowsPerSecond } as const;
  const state = runTask(plan, seen, generation, one, digestOf([wish, digest]));
  tellFailure(plan, state, 'backfill', 'BackfillRefused');
  if (state.is !== 'done') return generation;
  return { ...generation, request: wish, backfilled: undefined, audited: undefined };
}

function backfill(seen: ObservedGeneration, generation: Generation, digest: string): Generation {
  const isDone = 'value' in seen.backfill && seen.backfill.value?.finished === true;
  if (generation.backfilled === digest || !isDone) return generation;
  return { ...generation, backfilled: digest };
}

function audit(
  plan: Plan,
  seen: ObservedGeneration,
  generation: Generation,
  digest: string,
): Generation {
  if (generation.backfilled !== digest) return generation;
  if (generation.audited === digest) return withLaterAudit(seen, generation);
  // What is on its way would be found missing: an audit waits for changes, and not for a whole table.
  const isUnderWay = seen.jobs.some(({ task }) => task === 'audit');
  if (!isUnderWay && !isCalm(plan, seen)) return generation;
  let found: Findings | undefined;
  const state = runTask(plan, seen, generation, { task: 'audit' }, digest, (job) => {
    found = readFindings(job.message);
    return job.phase === 'succeeded' || (found !== undefined && isInStep(found));
  });
  if (state.is === 'done') return { ...generation, audited: digest, auditedAt: plan.now, found };
  tellFailure(plan, state, 'audit', 'AuditFailed');
  return generation;
}

/** On record, so that it is known while no pelican answers. */
function withLaterAudit({ audit: last }: ObservedGeneration, generation: Generation): Generation {
  if ('unknown' in last || last.value === undefined) return generation;
  const { endedAt, found } = last.value;
  if (endedAt <= (generation.auditedAt ?? 0)) return generation;
  return { ...generation, auditedAt: endedAt, found };
}

function isCalm({ desired }: Plan, { depth }: ObservedGeneration): boolean {
  if ('unknown' in depth) return false;
  const { visible, inFlight } = depth.value;
  return visible + inFlight <= desired.backlogPerPod;
}
