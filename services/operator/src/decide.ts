import type { Surroundings } from '@aviary/cdk8s';
import { servicePart, type SemanticIndexSpec } from '@aviary/semantic-index';
import type { Decision } from './decision.ts';
import { dismantle, quiesce } from './dismantle.ts';
import { isReserved, type Generation } from './generation.ts';
import type { Observed, ObservedGeneration } from './observed.ts';
import { drop, move, type Outcome } from './move.ts';
import { Plan } from './plan.ts';
import { tellRefusal, tellStatus } from './tell-status.ts';

/** How long a deletion waits for servers that are away, in milliseconds. */
export const deletionMs = 600_000;

/**
 * What shall be done about one SemanticIndex now, by what is known of it now. Pure: of the same it makes the same.
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

function inState(plan: Plan, spec: SemanticIndexSpec): Outcome {
  switch (spec.state) {
    case 'Running':
      return move(plan, servicePart(plan.observed.resource.name, spec));
    case 'Paused':
      return each(plan, (_, generation) => pause(plan, generation));
    case 'Stopped':
      return each(plan, (seen, generation) => quiesce(plan, seen, generation));
  }
}

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
  if (kept.length === 0 && !dropsData && generations.length > 0) {
    const left = generations.map(({ generation: { spec } }) => spec.target.namespace).join(', ');
    plan.tell('Normal', 'Retained', `Records (namespace ${left}) and queues are left as they are.`);
  }
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
      message: `A name that ends as ${name} does is that of a generation, or of dead letters: choose another.`,
    };
  }
  const owner = taken.find((one) => one.index === index && one.namespace === namespace);
  if (owner === undefined) return undefined;
  return {
    reason: 'TargetTaken',
    message: `Namespace ${namespace} of index ${index} is that of SemanticIndex ${owner.by}, and would be emptied by it: choose another target.namespace.`,
  };
}
