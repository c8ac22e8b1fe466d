import type { SemanticIndexStatus } from '@aviary/semantic-index';
import { isInStep } from './findings.ts';
import { digestOf, type Generation } from './generation.ts';
import type { Observed, ObservedGeneration } from './observed.ts';
import type { Fault, Plan } from './plan.ts';

type Condition = NonNullable<SemanticIndexStatus['conditions']>[number];

/** A condition before it is known since when. */
export interface Told extends Pick<Condition, 'type' | 'status' | 'reason' | 'message'> {
  /** It is so because somebody asked for it. */
  readonly isIntended: boolean;
}

interface Subject {
  readonly plan: Plan;
  /** The generation that the status is of, as it will be on record. */
  readonly shown: Generation | undefined;
  readonly seen: ObservedGeneration | undefined;
  /** The one that is searched. */
  readonly read: Generation | undefined;
  readonly seenRead: ObservedGeneration | undefined;
}

/** Messages hold no number that each look would change: a condition is written when it is another. */
export function conditionsOf(subject: Subject): readonly Told[] {
  return [
    ready(subject),
    source(subject),
    queue(subject),
    target(subject),
    backfill(subject),
    inSync(subject),
    degraded(subject),
  ];
}

export const refusedConditions = (reason: string, message: string): readonly Told[] => [
  no('Ready', reason, message),
  yes('Degraded', reason, message),
];

/** Conditions with the time since when each is as it is. Those of which nothing is told stay. */
export function withTransitions(
  told: readonly Told[],
  { resource: { status: before, generation } }: Observed,
  now: number,
): Condition[] {
  const former = before?.conditions ?? [];
  const untold = former.filter(({ type }) => !told.some((one) => one.type === type));
  const renewed = told.map(({ type, status, reason, message }) => {
    const was = former.find((one) => one.type === type);
    const lastTransitionTime =
      was?.status === status ? was.lastTransitionTime : new Date(now).toISOString();
    return { type, status, reason, message, lastTransitionTime, observedGeneration: generation };
  });
  return [...renewed, ...untold];
}

function ready({ plan, shown, read, seenRead }: Subject): Told {
  const { spec, observed } = plan;
  if (observed.resource.deletingSince !== undefined)
    return intended('Ready', 'Deleting', 'It is being taken away.');
  if (spec.state === 'Paused')
    return intended('Ready', 'Paused', 'Changes are captured, and wait in Postgres.');
  if (spec.state === 'Stopped')
    return intended('Ready', 'Stopped', 'Nothing is captured. Search goes on with what was there.');
  if (read === undefined)
    return no('Ready', 'Filling', 'Search has it once an audit finds it in step.', true);
  if ((seenRead?.pelican?.ready ?? 0) === 0)
    return no('Ready', 'NoPelican', `No pod of pelican-${read.name} is ready.`);
  const { namespace } = read.spec.target;
  return yes(
    'Ready',
    'Searchable',
    shown === read
      ? `Namespace ${namespace} is searched.`
      : `Namespace ${namespace} is searched, and kept in step while ${shown?.spec.target.namespace ?? 'another'} is filled.`,
  );
}

function source({ plan, shown }: Subject): Told {
  const fault = faultOf(plan, 'source');
  if (fault) return no('SourceReachable', fault.reason, fault.message);
  if (shown?.installed !== undefined)
    return yes('SourceReachable', 'Captured', 'Changes of the table are captured.');
  if (plan.spec.state === 'Stopped')
    return no('SourceReachable', 'Stopped', 'Triggers are taken off the table.', true);
  return maybe('SourceReachable', 'Installing', 'The table is being prepared.');
}

function queue({ plan, shown }: Subject): Told {
  const fault = faultOf(plan, 'queue');
  if (fault) return maybe('QueueReady', fault.reason, fault.message);
  return shown?.queues === undefined
    ? no('QueueReady', 'QueueMissing', 'Its queues are being made.', true)
    : yes('QueueReady', 'QueueFound', `Changes go by ${shown.queues.url}.`);
}

function target({ plan, shown, seen }: Subject): Told {
  const fault = faultOf(plan, 'target');
  if (fault?.reason === 'TargetDiffers') return no('TargetReady', fault.reason, fault.message);
  if (fault) return maybe('TargetReady', fault.reason, fault.message);
  const { index, secretRef } = shown?.spec.target ?? plan.spec.target;
  if (secretRef !== undefined) {
    return isDone('audited', shown)
      ? yes('TargetReady', 'Audited', `An audit has read Pinecone's index ${index}.`)
      : maybe(
          'TargetReady',
          'OwnKey',
          `Its pods make Pinecone's index ${index} by the key in Secret ${secretRef.name}, which the operator does not read.`,
        );
  }
  return seen && 'value' in seen.target && seen.target.value !== undefined
    ? yes('TargetReady', 'IndexFound', `Pinecone's index ${index} is there.`)
    : no('TargetReady', 'IndexMissing', `Pinecone's index ${index} is being made.`, true);
}

function backfill({ plan, shown }: Subject): Told {
  const fault = faultOf(plan, 'backfill');
  if (fault) return no('BackfillComplete', fault.reason, fault.message);
  return isDone('backfilled', shown)
    ? yes('BackfillComplete', 'Backfilled', 'The table was read whole.')
    : no('BackfillComplete', 'Backfilling', 'The table is being read.', true);
}

function inSync({ plan, shown }: Subject): Told {
  const fault = faultOf(plan, 'audit');
  if (fault) return no('InSync', fault.reason, fault.message);
  if (!isDone('audited', shown))
    return maybe('InSync', 'NotAudited', 'An audit follows once the table is read.');
  const { auditedAt = 0, found } = shown ?? {};
  const audit = `The audit of ${new Date(auditedAt).toISOString()}`;
  if (found === undefined || isInStep(found))
    return yes('InSync', 'Audited', `${audit} left table and index in step.`);
  if (found.unmended === 0)
    return maybe(
      'InSync',
      'Undecided',
      `${audit} could not tell of rows that changed all the while.`,
    );
  const remedy = 'aviary audit --repair mends them, and says what they are';
  return no('InSync', 'Differs', `${audit} left ${found.unmended} differences: ${remedy}.`);
}

function degraded({ plan, seen, read, seenRead }: Subject): Told {
  const [fault] = [...plan.faults, ...plan.observed.failures];
  if (fault) return yes('Degraded', 'reason' in fault ? fault.reason : 'ActFailed', fault.message);
  if (seen && 'value' in seen.depth && seen.depth.value.deadLettered > 0) {
    const remedy = 'aviary dead-letters list tells why, and redrive sends them again';
    return yes('Degraded', 'DeadLetters', `Some changes are not in the index: ${remedy}.`);
  }
  const isWorking = plan.spec.state === 'Running' && seenRead?.pelican !== undefined;
  if (read && isWorking && seenRead.pelican.desired > 0 && seenRead.pelican.ready === 0)
    return yes('Degraded', 'NoPelican', `No pod of pelican-${read.name} is ready.`);
  return no('Degraded', 'AllWell', 'Nothing is wrong.', true);
}

/** For the spec as it is now. */
const isDone = (what: 'backfilled' | 'audited', generation: Generation | undefined) =>
  generation?.[what] !== undefined && generation[what] === digestOf(generation.spec);

const faultOf = ({ faults }: Plan, part: Fault['part']) => faults.find((one) => one.part === part);

const told = (status: Told['status']) => {
  return (type: Told['type'], reason: string, message: string, isIntended = false): Told => ({
    ...{ type, status, reason, message, isIntended },
  });
};
const yes = told('True');
const no = told('False');
const maybe = told('Unknown');
const intended = (type: Told['type'], reason: string, message: string) =>
  no(type, reason, message, true);
