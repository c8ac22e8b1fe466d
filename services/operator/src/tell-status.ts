import type { SemanticIndexStatus } from '@aviary/semantic-index';
import type { Event } from './decision.ts';
import { conditionsOf, refusedConditions, withTransitions, type Told } from './conditions.ts';
import { digestOf, type Generation } from './generation.ts';
import { isSettled } from './advance.ts';
import type { Outcome } from './move.ts';
import type { Observed, ObservedGeneration } from './observed.ts';
import type { Plan } from './plan.ts';

/** A status that says nothing new but numbers is written once in so long, in milliseconds. */
const quietMs = 15_000;

/** What is to be written into the status, if anything, and told as Events. */
export interface News {
  readonly status: SemanticIndexStatus | undefined;
  readonly events: readonly Event[];
}

export function tellStatus(plan: Plan, { kept, readers }: Outcome): News {
  const { observed, now } = plan;
  const active = readers === 'keep' ? observed.readers : readers === 'remove' ? undefined : readers;
  const read = kept.find(({ name }) => name === active?.source);
  const isRunning = plan.spec.state === 'Running' && observed.resource.deletingSince === undefined;
  const shown = isRunning ? kept[0] : (read ?? kept[0]);
  const seenOf = (generation: Generation | undefined) =>
    observed.generations.find((one) => one.generation.name === generation?.name);
  const seen = seenOf(shown);
  const told = conditionsOf({ plan, shown, seen, read, seenRead: seenOf(read) });
  const status: SemanticIndexStatus = {
    observedGeneration: observed.resource.generation,
    phase: phaseOf(plan, told, shown, read),
    conditions: withTransitions(told, observed, now),
    ...(seen && numbersOf(seen)),
    ...(shown?.auditedAt !== undefined && { audit: auditOf(shown, shown.auditedAt) }),
    ...(active && {
      activeIndex: active.index.target.index,
      activeNamespace: active.index.target.namespace,
    }),
    ...lastErrorOf(plan),
  };
  return { status: worthWriting(observed, status, now), events: eventsOf(observed, told) };
}

/** Of a spec that cannot be followed. */
export function tellRefusal(
  observed: Observed,
  now: number,
  reason: string,
  message: string,
): News {
  const told = refusedConditions(reason, message);
  const { status: before } = observed.resource;
  const status: SemanticIndexStatus = {
    ...before,
    observedGeneration: observed.resource.generation,
    phase: 'Degraded',
    conditions: withTransitions(told, observed, now),
    lastError: message,
  };
  return { status: worthWriting(observed, status, now), events: eventsOf(observed, told) };
}

function phaseOf(
  { spec, observed }: Plan,
  told: readonly Told[],
  shown: Generation | undefined,
  read: Generation | undefined,
): NonNullable<SemanticIndexStatus['phase']> {
  if (observed.resource.deletingSince !== undefined) return 'Deleting';
  if (spec.state !== 'Running') return spec.state;
  if (told.some(({ type, status }) => type === 'Degraded' && status === 'True')) return 'Degraded';
  if (read !== undefined && read !== shown) return 'Moving';
  if (shown?.installed === undefined) return 'Provisioning';
  if (shown.backfilled !== digestOf(shown.spec)) return 'Backfilling';
  return isSettled(shown) ? 'Ready' : 'Auditing';
}

function numbersOf({ depth, backfill, emu }: ObservedGeneration) {
  const walk = 'value' in backfill ? backfill.value : undefined;
  return {
    ...('value' in depth && {
      queue: {
        visible: rounded(depth.value.visible),
        inFlight: rounded(depth.value.inFlight),
        deadLettered: depth.value.deadLettered,
        ...(depth.value.oldestAgeSeconds !== undefined && {
          oldestAgeSeconds: rounded(depth.value.oldestAgeSeconds),
        }),
      },
    }),
    ...(walk && {
      backfill: {
        processed: rounded(walk.processed),
        total: rounded(walk.total),
        progress: `${walk.finished ? 100 : percent(walk)} %`,
      },
    }),
    workers: { desired: emu?.desired ?? 0, ready: emu?.ready ?? 0 },
  };
}

/** Below the whole, as long as it is not finished. */
const percent = ({ processed, total }: { processed: number; total: number }) =>
  total === 0 ? 0 : Math.min(99, Math.floor((100 * processed) / total));

/** To two digits: a count that hovers is no news. */
function rounded(count: number): number {
  const whole = Math.max(0, Math.round(count));
  if (whole < 100) return whole;
  const step = 10 ** (Math.floor(Math.log10(whole)) - 1);
  return Math.round(whole / step) * step;
}

const auditOf = ({ found }: Generation, auditedAt: number) => {
  const { missing, stale, orphaned } = found ?? { missing: 0, stale: 0, orphaned: 0 };
  return {
    lastRun: new Date(auditedAt).toISOString(),
    ...{ missing, stale, orphaned, drift: missing + stale + orphaned },
  };
};

function lastErrorOf({ faults, observed: { failures } }: Plan): { lastError?: string } {
  const complaints = [...new Set([...faults, ...failures].map(({ message }) => message))];
  return complaints.length === 0 ? {} : { lastError: complaints.join('\n').slice(0, 10_000) };
}

/** A change of numbers alone can wait; no change is no news. */
function worthWriting(
  { resource: { status: before, statusWrittenAt } }: Observed,
  status: SemanticIndexStatus,
  now: number,
): SemanticIndexStatus | undefined {
  if (before === undefined || digestOf(words(before)) !== digestOf(words(status))) return status;
  if (digestOf(numbers(before)) === digestOf(numbers(status))) return undefined;
  return now - (statusWrittenAt ?? -Infinity) >= quietMs ? status : undefined;
}

const words = ({ observedGeneration, phase, conditions, ...rest }: SemanticIndexStatus) => [
  ...[observedGeneration, phase, rest.activeIndex, rest.activeNamespace, rest.lastError],
  conditions?.map(({ type, status, reason, message, observedGeneration: of }) => [
    ...[type, status, reason, message, of],
  ]),
];

const numbers = ({ queue, backfill, audit, workers }: SemanticIndexStatus) => [
  ...[queue?.visible, queue?.inFlight, queue?.deadLettered, queue?.oldestAgeSeconds],
  ...[backfill?.processed, backfill?.total, backfill?.progress],
  ...[audit?.lastRun, audit?.missing, audit?.stale, audit?.orphaned],
  ...[workers?.desired, workers?.ready],
];

/** Of what people want to be told: it can be searched, or no more; something is wrong, or no more. */
function eventsOf(
  { resource: { status: before } }: Observed,
  told: readonly Told[],
): readonly Event[] {
  return told.flatMap(({ type, status, reason, message, isIntended }) => {
    const was = before?.conditions?.find((one) => one.type === type);
    const isNews = was === undefined ? status === 'True' : was.status !== status;
    if (!isNews || (type !== 'Ready' && type !== 'Degraded')) return [];
    const isGood = (type === 'Ready') === (status === 'True') || isIntended;
    return [{ type: isGood ? ('Normal' as const) : ('Warning' as const), reason, message }];
  });
}
