import type { Logger } from '@aviary/runtime';
import { marks } from './desired.ts';
import type { ApiServer } from './kubernetes/api-server.ts';
import { resourceOf, type KubernetesObject, type Resource } from './kubernetes/resources.ts';
import { ownedKinds } from './kubernetes/rights.ts';
import { WatchedList } from './kubernetes/watched-list.ts';

const indexKind: Resource = 'aviary.dev/v1alpha1 SemanticIndex';

export interface ClusterOptions {
  api: ApiServer;
  /** Told of a SemanticIndex's name when something about it may ask for a decision. */
  onChange: (name: string) => void;
  /** Told of each owned object that is gone. */
  onGone: (object: KubernetesObject) => void;
  /** Told of each list that succeeded. */
  onListed: () => void;
  logger: Logger;
  relistMs: number;
}

/** What the API server holds of all SemanticIndexes and of what is theirs, as it was last heard. */
export class Cluster {
  readonly #indexes: WatchedList;
  readonly #pods: WatchedList;
  readonly #owned: ReadonlyMap<Resource, WatchedList>;
  readonly #ownedBy = new Grouped(marks.index);
  readonly #podsOf = new Grouped(marks.set);

  constructor({ api, onChange, onGone, onListed, logger, relistMs }: ClusterOptions) {
    const keep = (
      resource: Resource,
      labels: string,
      heard: (now: KubernetesObject | undefined, before: KubernetesObject | undefined) => void,
    ) => new WatchedList({ api, resource, labels, onChange: heard, onListed, logger, relistMs });
    this.#indexes = keep(indexKind, '', (now, before) => {
      const name = (now ?? before)?.metadata.name;
      if (name !== undefined && isNews(now, before)) onChange(name);
    });
    this.#pods = keep('v1 Pod', `app.kubernetes.io/part-of=aviary,${marks.set}`, (now, before) =>
      this.#podsOf.heard(now, before),
    );
    this.#owned = new Map(
      ownedKinds.map((resource) => [
        resource,
        keep(resource, marks.index, (now, before) => {
          const owner = this.#ownedBy.heard(now, before);
          if (now === undefined && before !== undefined) onGone(before);
          if (owner !== undefined && isNews(now, before)) onChange(owner);
        }),
      ]),
    );
  }

  indexes(): IterableIterator<KubernetesObject> {
    return this.#indexes.all();
  }

  index(name: string): KubernetesObject | undefined {
    return this.#indexes.get(name);
  }

  ownedBy(name: string): KubernetesObject[] {
    return this.#ownedBy.of(name);
  }

  /** Pods of workers and Jobs that are not gone. */
  podsOf(generation: string): KubernetesObject[] {
    return this.#podsOf.of(generation);
  }

  /** Takes what a write was answered with. */
  learn(object: KubernetesObject): void {
    if (object.kind === 'SemanticIndex') this.#indexes.learn(object);
    else this.#owned.get(resourceOf(object))?.learn(object);
  }

  /** Listens until the signal aborts. @returns once everything was listed, and what ends with the signal */
  async start(signal: AbortSignal): Promise<{ ended: Promise<unknown> }> {
    const lists = [this.#indexes, this.#pods, ...this.#owned.values()];
    const ended = Promise.all(lists.map((list) => list.run(signal)));
    await Promise.race([Promise.all(lists.map((list) => list.listed)), ended]);
    return { ended };
  }
}

/** Whether a change may ask for a decision. The status of a SemanticIndex is the operator's own, and KEDA's is chatter. */
function isNews(now: KubernetesObject | undefined, before: KubernetesObject | undefined): boolean {
  if (now === undefined || before === undefined) return true;
  const told = ({ kind, metadata, status, data }: KubernetesObject) =>
    JSON.stringify([
      metadata.uid,
      metadata.generation,
      metadata.deletionTimestamp,
      metadata.finalizers,
      metadata.labels,
      data,
      kind === 'Deployment' ? workersOf(status) : kind === 'Job' ? endOf(status) : undefined,
    ]);
  return told(now) !== told(before);
}

const workersOf = (status: unknown) => {
  const { replicas, readyReplicas } = (status ?? {}) as Record<string, unknown>;
  return [replicas, readyReplicas];
};

const endOf = (status: unknown) => (status as { conditions?: unknown } | undefined)?.conditions;

/** Objects by the value of a label. */
class Grouped {
  readonly #label: string;
  readonly #groups = new Map<string, Map<string, KubernetesObject>>();

  constructor(label: string) {
    this.#label = label;
  }

  /** @returns the group that it is or was of */
  heard(
    now: KubernetesObject | undefined,
    before: KubernetesObject | undefined,
  ): string | undefined {
    const object = now ?? before;
    const group = object?.metadata.labels?.[this.#label];
    if (object === undefined || group === undefined) return undefined;
    const key = `${object.kind}/${object.metadata.name}`;
    const found = this.#groups.get(group) ?? new Map<string, KubernetesObject>();
    if (now === undefined) found.delete(key);
    else found.set(key, now);
    if (found.size === 0) this.#groups.delete(group);
    else this.#groups.set(group, found);
    return group;
  }

  of(group: string): KubernetesObject[] {
    return [...(this.#groups.get(group)?.values() ?? [])];
  }
}
