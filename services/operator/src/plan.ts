import type { KubernetesObject, Surroundings } from '@aviary/cdk8s';
import type { SemanticIndexSpec } from '@aviary/semantic-index';
import type { Act, Event } from './decision.ts';
import { Desired } from './desired.ts';
import type { Generation } from './generation.ts';
import type { Observed, ObservedObject, ObjectReference } from './observed.ts';

/** How long until facts are asked for again that nobody tells of, in milliseconds: a status is 15 s old at most. */
const pollMs = 12_000;

/** What makes a condition False: the part that it is of, a word for machines, and a sentence for people. */
export interface Fault {
  readonly part: 'source' | 'queue' | 'target' | 'backfill' | 'audit';
  readonly reason: string;
  readonly message: string;
}

/** What a decision gathers while it is made. */
export class Plan {
  readonly desired: Desired;
  readonly spec: SemanticIndexSpec;
  readonly observed: Observed;
  readonly now: number;
  /** Readers notice within it that they are elsewhere, and people may think better of it. */
  readonly rollbackMs: number;
  readonly objects: KubernetesObject[] = [];
  readonly removals: ObjectReference[] = [];
  readonly acts: Act[] = [];
  readonly events: Event[] = [];
  readonly faults: Fault[] = [];
  requeueAfterMs = pollMs;

  constructor(
    surroundings: Surroundings,
    observed: Observed,
    spec: SemanticIndexSpec,
    now: number,
  ) {
    const { name, uid } = observed.resource;
    this.observed = observed;
    this.spec = spec;
    this.now = now;
    this.rollbackMs = surroundings.environment.rollbackSeconds * 1_000;
    this.desired = new Desired(surroundings, { name, uid }, spec);
  }

  /** What is as it was applied last is left out. */
  apply(...objects: readonly KubernetesObject[]): void {
    for (const object of objects) {
      const found = this.observed.objects.find((one) => isSame(one, object));
      const digest = object.metadata.annotations?.['aviary.dev/digest'];
      if (found?.digest === undefined || found.digest !== digest) this.objects.push(object);
    }
  }

  remove(...objects: readonly ObjectReference[]): void {
    for (const { apiVersion, kind, name } of objects)
      this.removals.push({ apiVersion, kind, name });
  }

  /** What there is of a generation, but for its Jobs. */
  own({ name }: Generation): readonly ObservedObject[] {
    return this.observed.objects.filter(({ set, kind }) => set === name && kind !== 'Job');
  }

  /** Removes what there is of a kind. */
  removeOwn(generation: Generation, unwanted: string): void {
    this.remove(...this.own(generation).filter(({ kind }) => kind === unwanted));
  }

  act(act: Act): void {
    this.acts.push(act);
  }

  tell(type: Event['type'], reason: string, message: string): void {
    this.events.push({ type, reason, message });
  }

  fault(part: Fault['part'], reason: string, message: string): void {
    this.faults.push({ part, reason, message });
  }

  /** Look again at a time, in milliseconds since the epoch, or earlier. */
  lookAt(time: number): void {
    this.requeueAfterMs = Math.max(0, Math.min(this.requeueAfterMs, time - this.now));
  }
}

const isSame = (one: ObjectReference, { apiVersion, kind, metadata }: KubernetesObject) =>
  one.apiVersion === apiVersion && one.kind === kind && one.name === metadata.name;
