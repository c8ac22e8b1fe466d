import {
  oneTask,
  periodicAudit,
  specConfigMap,
  workers,
  type KubernetesObject,
  type OneTask,
  type Surroundings,
  type WorkerSetProps,
} from '@aviary/cdk8s';
import type { SemanticIndexSpec } from '@aviary/semantic-index';
import { digestOf, type Generation } from './generation.ts';
import { platformOf, scaled } from './own-settings.ts';
import { remembered } from './remembered.ts';

export const finalizer = 'aviary.dev/semantic-index';

const apiVersion = 'aviary.dev/v1alpha1';
const labelOf = { index: 'aviary.dev/semantic-index', task: 'aviary.dev/task' } as const;
const occasionLabel = 'aviary.dev/occasion';
const generationAnnotation = 'aviary.dev/generation';

/** By these the operator finds what it has made. */
export const ownLabels = (name: string): Record<string, string> => ({ [labelOf.index]: name });

/** Labels and annotations that observations are read from. */
export const marks = {
  index: labelOf.index,
  /** Name of the generation. */
  set: 'app.kubernetes.io/instance',
  task: labelOf.task,
  occasion: occasionLabel,
  digest: 'aviary.dev/digest',
} as const;

const made = {
  specConfigMap: remembered(specConfigMap),
  workers: remembered(workers),
  periodicAudit: remembered(periodicAudit),
};

/** The objects of one resource, each with its owner, labels and digest. */
export class Desired {
  readonly #surroundings: Surroundings;
  readonly #owner: { readonly name: string; readonly uid: string };
  readonly #spec: SemanticIndexSpec;

  constructor(
    surroundings: Surroundings,
    owner: { readonly name: string; readonly uid: string },
    spec: SemanticIndexSpec,
  ) {
    this.#surroundings = surroundings;
    this.#owner = owner;
    this.#spec = spec;
  }

  /** What pods read, with the generation's record. */
  record(generation: Generation): KubernetesObject {
    const configMap = made.specConfigMap(this.#props(generation));
    const annotations = { [generationAnnotation]: JSON.stringify(generation) };
    return this.#own(generation, {
      ...configMap,
      metadata: { ...configMap.metadata, annotations },
    });
  }

  workers(generation: Generation, { isPaused }: { isPaused: boolean }): KubernetesObject[] {
    return this.#ownAll(generation, made.workers(this.#props(generation, isPaused)));
  }

  periodicAudit(generation: Generation): KubernetesObject[] {
    return this.#ownAll(generation, made.periodicAudit(this.#props(generation)));
  }

  job(generation: Generation, one: OneTask, occasion: string): KubernetesObject {
    const { task } = one;
    const name = `${task}-${generation.name}-${occasion}`;
    const marked = { [labelOf.task]: task, [occasionLabel]: occasion };
    return this.#own(generation, oneTask(this.#props(generation), one, name), marked);
  }

  /** Messages for one pod, of waiting and working ones together. */
  get backlogPerPod(): number {
    return this.#spec.scaling?.backlogPerPod ?? this.#surroundings.environment.emu.backlogPerPod;
  }

  /** What all names of queues begin with: that of the environment's own. */
  get queuePrefix(): string {
    const { pathname } = new URL(this.#surroundings.platform.queue.url);
    return pathname.slice(pathname.lastIndexOf('/') + 1).replace(/\.fifo$/, '');
  }

  /** What an installation is done for: this spec, by this release. */
  installOccasion(generation: Generation): string {
    return digestOf([generation.spec, this.#surroundings.platform.images.pelican]);
  }

  #ownAll(generation: Generation, objects: readonly KubernetesObject[]): KubernetesObject[] {
    return objects.map((object) => this.#own(generation, object));
  }

  #own(
    generation: Generation,
    object: KubernetesObject,
    marked: Record<string, string> = {},
  ): KubernetesObject {
    const { name, uid } = this.#owner;
    const { labels, annotations } = object.metadata;
    const owned = {
      ...object,
      metadata: {
        ...object.metadata,
        labels: { ...labels, [marks.set]: generation.name, ...ownLabels(name), ...marked },
        ownerReferences: [{ apiVersion, kind: 'SemanticIndex', name, uid, controller: true }],
      },
    };
    const digest = { [marks.digest]: digestOf(owned) };
    return {
      ...owned,
      metadata: { ...owned.metadata, annotations: { ...annotations, ...digest } },
    };
  }

  #props(generation: Generation, isPaused = false): WorkerSetProps {
    const { environment, platform } = this.#surroundings;
    const { scaling, audit = environment.audit } = this.#spec;
    return {
      environment: {
        ...environment,
        indexes: [generation.spec],
        emu: scaled(environment.emu, scaling),
        audit,
      },
      platform: platformOf(platform, generation.spec, this.#spec.source, generation.queues),
      set: { name: generation.name, isPaused },
    };
  }
}

/** @returns undefined where the object is no generation's record. */
export function readGeneration(object: {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> | undefined };
}): Generation | undefined {
  const record = object.metadata.annotations?.[generationAnnotation];
  return record === undefined ? undefined : (JSON.parse(record) as Generation);
}
