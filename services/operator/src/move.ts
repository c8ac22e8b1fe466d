import type { SemanticIndex } from '@aviary/semantic-index';
import { advance, isSettled } from './advance.ts';
import type { Decision } from './decision.ts';
import { dismantle } from './dismantle.ts';
import { beginGeneration, digestOf, fits, inPlace, type Generation } from './generation.ts';
import type { Observed, ObservedGeneration, ReadersEntry } from './observed.ts';
import type { Plan } from './plan.ts';

/** The generations that go on, the wanted one first where there is one, and where readers are sent. */
export interface Outcome {
  readonly kept: readonly Generation[];
  readonly readers: Decision['readers'];
}

/**
 * Brings readers to where the spec wants them, from wherever they are.
 *
 *     nothing ──► generation 1 ── its audit passes ──► readers are on it
 *                                                        │ text, model or index is another
 *                     goes on, in step ◄── generation N ◄┘ begins beside it
 *                            │              its audit passes ──► readers are on N ──► after a grace, 1 is dropped
 *                            └── the edit is undone: readers stay or come back, and N is dropped
 */
export function move(plan: Plan, index: SemanticIndex): Outcome {
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
    if (!isRead && isOver(other.generation, plan)) return drop(plan, other) ?? [];
    const retiredAt = other.generation.retiredAt ?? now;
    plan.lookAt(retiredAt + plan.rollbackMs);
    return goOn(plan, other, retiredAt);
  });
  return { kept: [wanted, ...kept], readers };
}

/** Keeps one in step that is not wanted any more, or not yet done without. */
const goOn = (plan: Plan, seen: ObservedGeneration, retiredAt: number | undefined) =>
  advance(plan, seen, { ...seen.generation, retiredAt }, { isWanted: false });

/** What nobody has ever searched has no grace. */
const isOver = ({ audited, retiredAt }: Generation, { now, rollbackMs }: Plan) =>
  (audited === undefined && retiredAt === undefined) ||
  (retiredAt !== undefined && now >= retiredAt + rollbackMs);

/** Takes one away that nobody reads: first it is on record that nobody may go back to it. */
export function drop(plan: Plan, seen: ObservedGeneration): Generation | undefined {
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
