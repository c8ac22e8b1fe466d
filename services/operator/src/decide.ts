import type { Surroundings } from '@aviary/cdk8s';
import { servicePart, type SemanticIndex, type SemanticIndexSpec } from '@aviary/semantic-index';
import { advance, isSettled } from './advance.ts';
import type { Decision } from './decision.ts';
import { dismantle, quiesce } from './dismantle.ts';
import {
  beginGeneration,
  digestOf,
  fits,
  inPlace,
  isReserved,
  type Generation,
} from './generation.ts';
import type { Observed, ObservedGeneration, ReadersEntry } from './observed.ts';
import { Plan } from './plan.ts';
import { tellRefusal, tellStatus } from './tell-status.ts';

/** How long readers may take to notice that they are elsewhere, and people to think better of it, in milliseconds. */
export const graceMs = 600_000;
/** How long a deletion waits for servers that are away, in milliseconds. */
export const deletionMs = 600_000;

/**
 * What shall be done about one SemanticIndex now, by what is known of it now. Pure: of the same it makes the same.
 *
 *     nothing ──► generation 1 ── its audit passes ──► readers are on it
 *                                                        │ text, model or index is another
 *                     goes on, in step ◄── generation N ◄┘ begins beside it
 *                            │              its audit passes ──► readers are on N ──► after a grace, 1 is dropped
 *                            └── the edit is undone: readers stay or come back, and N is dropped
 */
export function decide(surroundings: Surroundings, observed: Observed, now: number): Decision {
  const { resource } = observed;
  if ('unknown' in resource.spec) return refuse(observed, now, 'SpecFaulty', resource.spec.unknown);
  const spec = resource.spec.value;
  const plan = new Plan(surroundings, observed, spec, now);
  if (resource.deletingSince !== undefined) return remove(plan, resource.deletingSince);
  const objection = objectionTo(observed, spec);
  if (objection) return refuse(observed, now, objection.reason, objection.message);
  return conclude(plan, inState(plan, spec), resource.hasFinalizer ? 'keep' : 'add');
}

/** The generations that go on, the wanted one first where there is one, and where readers are sent. */
export interface Outcome {
  readonly kept: readonly Generation[];
  readonly readers: Decision['readers'];
}

function inState(plan: Plan, spec: SemanticIndexSpec): Outcome {
  switch (spec.state) {
    case 'Running':
      return run(plan, servicePart(plan.observed.resource.name, spec));
    case 'Paused':
      return each(plan, (_, generation) => pause(plan, generation));
    case 'Stopped':
      return each(plan, (seen, generation) => quiesce(plan, seen, generation));
  }
}

function run(plan: Plan, index: SemanticIndex): Outcome {
  const { observed, now } = plan;
  const found = wantedOf(observed, index);
  const wanted = found
    ? advance(plan, found, { ...inPlace(found.generation, index), retiredAt: undefined })
    : begin(plan, index);
  const entry = { index: { ...wanted.spec, name: observed.resource.name }, source: wanted.name };
  const readers = isSettled(wanted) && !isSameEntry(observed.readers, entry) ? entry : 'keep';
  if (readers !== 'keep' && observed.readers && observed.readers.source !== wanted.name)
    plan.tell('Normal', 'Moved', `Search is by namespace ${wanted.spec.target.namespace} now.`);
  const others = observed.generations.filter((other) => other !== found);
  const kept = others.flatMap((other) => {
    const isRead = observed.readers?.source === other.generation.name;
    if (other.generation.dropping) return drop(plan, other) ?? [];
    if (isRead && !isSettled(wanted)) {
      return goOn(plan, other, undefined);
    }
    if (!isRead && isOver(other.generation, now)) return drop(plan, other) ?? [];
    const retiredAt = other.generation.retiredAt ?? now;
    plan.lookAt(retiredAt + graceMs);
    return goOn(plan, other, retiredAt);
  });
  return { kept: [wanted, ...kept], readers };
}

/** Keeps one in step that is not wanted any more, or not yet done without. */
const goOn = (plan: Plan, seen: ObservedGeneration, retiredAt: number | undefined) =>
  advance(plan, seen, { ...seen.generation, retiredAt }, { isWanted: false });

/** What nobody has ever searched has no grace. */
const isOver = ({ audited, retiredAt }: Generation, now: number) =>
  (audited === undefined && retiredAt === undefined) ||
  (retiredAt !== undefined && now >= retiredAt + graceMs);

function drop(plan: Plan, seen: ObservedGeneration): Generation | undefined {
  const { generation } = seen;
  if (!generation.dropping) {
    const { namespace } = generation.spec.target;
    plan.tell('Normal', 'Dropping', `Namespace ${namespace} is searched no more, and dropped.`);
    return { ...generation, dropping: true };
  }
  return dismantle(plan, seen, generation, { dropsData: true });
}

/** The one that fits the spec: of several the one that is read, or the youngest. */
function wantedOf(observed: Observed, index: SemanticIndex): ObservedGeneration | undefined {
  const fitting = observed.generations.filter(
    ({ generation }) => !generation.dropping && fits(generation, index),
  );
  const read = fitting.find(({ generation }) => generation.name === observed.readers?.source);
  return read ?? fitting.sort((a, b) => b.generation.number - a.generation.number)[0];
}

function begin(plan: Plan, index: SemanticIndex): Generation {
  const { generations, readers, resource } = plan.observed;
  const isFirst = generations.length === 0 && readers === undefined;
  const number = isFirst ? 'first' : resource.generation;
  const begun = beginGeneration(index, { number, queuePrefix: plan.desired.queuePrefix });
  const { namespace } = begun.spec.target;
  plan.tell('Normal', 'Filling', `Namespace ${namespace} is being filled from the table.`);
  // To be filled answers a wish for a backfill, and leaves one for its rate.
  plan.requeueAfterMs = 0;
  return { ...begun, request: { requestId: plan.spec.backfill?.requestId } };
}

const isSameEntry = (one: ReadersEntry | undefined, other: ReadersEntry) =>
  one !== undefined && digestOf([one.source, one.index]) === digestOf([other.source, other.index]);

/** Without workers, and with all that they would need: changes are captured, and wait in Postgres. */
function pause(plan: Plan, generation: Generation): Generation {
  if (generation.installed !== undefined) {
    plan.apply(...plan.desired.workers(generation, { isPaused: true }));
    plan.removeOwn(generation, 'CronJob');
  }
  return generation;
}

function each(
  plan: Plan,
  what: (seen: ObservedGeneration, generation: Generation) => Generation,
): Outcome {
  const kept = plan.observed.generations.flatMap((seen) =>
    seen.generation.dropping ? (drop(plan, seen) ?? []) : what(seen, seen.generation),
  );
  return { kept, readers: 'keep' };
}

/** Takes everything away but data, and data too where the policy says so, within a time. */
function remove(plan: Plan, since: number): Decision {
  const { resource, generations, readers, failures } = plan.observed;
  if (!resource.hasFinalizer) return idle;
  const dropsData = plan.spec.deletionPolicy === 'Delete';
  const kept = generations.flatMap(
    (seen) => dismantle(plan, seen, seen.generation, { dropsData }) ?? [],
  );
  plan.lookAt(since + deletionMs);
  const outcome: Outcome = { kept, readers: readers === undefined ? 'keep' : 'remove' };
  if (kept.length === 0 || plan.now < since + deletionMs)
    return conclude(plan, outcome, kept.length === 0 ? 'remove' : 'keep');
  const found = [...plan.faults, ...failures].map(({ message }) => message);
  const complaints =
    found.length > 0 ? found : [resource.status?.lastError ?? 'it is not done yet'];
  const names = kept.map(({ name }) => name).join(' ');
  const namespaces = kept.map(({ spec }) => spec.target.namespace).join(', ');
  return release(
    `Not all could be taken away in ${deletionMs / 60_000} minutes (${complaints.join('; ') || 'it is not done yet'}). What may be left: triggers, which "aviary uninstall ${names}" removes${dropsData ? `; namespaces ${namespaces}; queues` : ''}.`,
  );
}

/** Of a spec that cannot be followed: all stays as it is, but for a resource that is to go. */
function refuse(observed: Observed, now: number, reason: string, message: string): Decision {
  const { deletingSince, hasFinalizer } = observed.resource;
  if (deletingSince === undefined)
    return { ...idle, ...tellRefusal(observed, now, reason, message) };
  if (!hasFinalizer) return idle;
  return release(`What it had made is left where Kubernetes does not take it away: ${message}`);
}

/** Lets it go, and asks for nothing more, since what fails would hold it up. */
const release = (message: string): Decision => ({
  ...idle,
  finalizer: 'remove',
  readers: 'remove',
  events: [{ type: 'Warning', reason: 'Released', message }],
});

const idle: Decision = {
  finalizer: 'keep',
  apply: [],
  readers: 'keep',
  delete: [],
  acts: [],
  events: [],
  status: undefined,
  requeueAfterMs: 60_000,
};

function conclude(plan: Plan, outcome: Outcome, finalizer: Decision['finalizer']): Decision {
  const { status, events } = tellStatus(plan, outcome);
  // A record comes before what it is on record for.
  const others = plan.objects.splice(0);
  plan.apply(...outcome.kept.map((generation) => plan.desired.record(generation)));
  return {
    finalizer,
    apply: [...plan.objects, ...others],
    readers: outcome.readers,
    delete: plan.removals,
    acts: plan.acts,
    events: [...plan.events, ...events],
    status,
    requeueAfterMs: plan.requeueAfterMs,
  };
}

/** Why a spec that is well in itself cannot be followed. */
function objectionTo(
  { resource: { name }, taken }: Observed,
  { target: { index, namespace } }: SemanticIndexSpec,
): { reason: string; message: string } | undefined {
  if (isReserved(name)) {
    return {
      reason: 'NameReserved',
      message: `A name that ends as ${name} does is that of a generation: choose another.`,
    };
  }
  const owner = taken.find((one) => one.index === index && one.namespace === namespace);
  if (owner === undefined) return undefined;
  return {
    reason: 'TargetTaken',
    message: `Namespace ${namespace} of index ${index} is that of SemanticIndex ${owner.by}, and would be emptied by it: choose another target.namespace.`,
  };
}
