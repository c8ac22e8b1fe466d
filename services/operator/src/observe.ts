import { specSchema, statusSchema } from '@aviary/semantic-index';
import type { Applier } from './apply.ts';
import type { Cluster } from './cluster.ts';
import { auditOf, backfillOf, type Facts } from './facts.ts';
import { finalizer, marks, readGeneration } from './desired.ts';
import { ownKeyOf, type Generation } from './generation.ts';
import type { KubernetesObject } from './kubernetes/resources.ts';
import { observeJob } from './observe-job.ts';
import type {
  Failure,
  Known,
  Observed,
  ObservedGeneration,
  ObservedResource,
  QueueDepth,
  TakenTarget,
  Workers,
} from './observed.ts';
import type { Readers } from './readers.ts';

/** What this process knows of a SemanticIndex from its own last turn. */
export interface Memory {
  /** What the last decision asked for and could not be had. */
  readonly failures: readonly Failure[];
  readonly statusWrittenAt: number | undefined;
}

export interface Sight {
  readonly applier: Applier;
  readonly cluster: Cluster;
  readonly facts: Facts;
  readonly readers: Readers;
}

/** Looks at a SemanticIndex and all that is its. @returns undefined when there is none of that name */
export async function observe(
  name: string,
  sight: Sight,
  memory: Memory,
): Promise<Observed | undefined> {
  const { applier, cluster, readers } = sight;
  const object = cluster.index(name);
  if (object === undefined) return undefined;
  const owned = cluster.ownedBy(name);
  const resource = resourceOfObject(object, memory);
  const generations = owned
    .filter(({ kind }) => kind === 'ConfigMap')
    .map(readGeneration)
    .filter((generation) => generation !== undefined);
  return {
    resource,
    generations: await Promise.all(
      generations.map((generation) =>
        observeGeneration(
          generation,
          generation.dropping === true || dropsAll(resource),
          owned,
          sight,
        ),
      ),
    ),
    readers: readers.entry(name),
    objects: owned.map((known) => ({
      ...{ apiVersion: known.apiVersion, kind: known.kind, name: known.metadata.name },
      set: known.metadata.labels?.[marks.set] ?? '',
      digest: applier.isTouched(known) ? undefined : known.metadata.annotations?.[marks.digest],
    })),
    taken: [...cluster.indexes()].flatMap((other) => takenBy(other, object)),
    failures: memory.failures,
  };
}

/** It is being deleted, with all its data. */
const dropsAll = ({ deletingSince, spec }: ObservedResource) =>
  deletingSince !== undefined && 'value' in spec && spec.value.deletionPolicy === 'Delete';

/** The target of one that was there before. */
function takenBy(other: KubernetesObject, than: KubernetesObject): TakenTarget[] {
  const { target } = (other.spec ?? {}) as { target?: { index: string; namespace: string } };
  if (target === undefined || ageOf(other) >= ageOf(than)) return [];
  return [{ by: other.metadata.name, index: target.index, namespace: target.namespace }];
}

/** Of two that were made in the same second the name decides. */
const ageOf = ({ metadata }: KubernetesObject) =>
  `${metadata.creationTimestamp ?? ''} ${metadata.name}`;

function resourceOfObject(
  { metadata, spec, status }: KubernetesObject,
  memory: Memory,
): ObservedResource {
  const wanted = specSchema.safeParse(spec);
  const told = statusSchema.safeParse(status);
  const { deletionTimestamp } = metadata;
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    deletingSince: deletionTimestamp === undefined ? undefined : Date.parse(deletionTimestamp),
    hasFinalizer: metadata.finalizers?.includes(finalizer) ?? false,
    spec: wanted.success
      ? { value: wanted.data }
      : {
          unknown: wanted.error.issues
            .map(({ path, message }) => `spec.${path.join('.')}: ${message}`)
            .join('; '),
        },
    status: told.success ? told.data : undefined,
    statusWrittenAt: memory.statusWrittenAt,
  };
}

async function observeGeneration(
  generation: Generation,
  isDropped: boolean,
  owned: readonly KubernetesObject[],
  { cluster, facts }: Sight,
): Promise<ObservedGeneration> {
  const { name, spec } = generation;
  const pods = cluster.podsOf(name);
  // Before pelican is asked: what it says is then of after what a finished Job did.
  const jobs = owned
    .filter(({ kind }) => kind === 'Job')
    .flatMap((job) => observeJob(job, name, pods));
  const pelican = workersOf('pelican', name, owned, pods);
  const ownKey = ownKeyOf(generation);
  const notMine: Known<never> = { unknown: 'it is not asked for' };
  const notReady: Known<never> = { unknown: 'no pelican of it is ready' };
  const [status, queues, target, records] = await Promise.all([
    pelican !== undefined && pelican.ready > 0 ? facts.pelican(name) : notReady,
    facts.queues(generation.queueName),
    ownKey === undefined ? facts.target(spec.target) : notMine,
    isDropped && ownKey === undefined ? facts.records(spec.target) : notMine,
  ]);
  const depth: Known<QueueDepth> =
    'unknown' in queues
      ? queues
      : queues.value === undefined
        ? { unknown: 'its queues are not made yet' }
        : await facts.depth(queues.value, status);
  if ('unknown' in depth) facts.forgetQueues(generation.queueName);
  return {
    generation,
    queues,
    depth,
    target,
    records,
    jobs,
    pelican,
    emu: workersOf('emu', name, owned, pods),
    backfill: backfillOf(name, status),
    audit: auditOf(name, status),
  };
}

function workersOf(
  workload: 'pelican' | 'emu',
  generation: string,
  owned: readonly KubernetesObject[],
  pods: readonly KubernetesObject[],
): Workers | undefined {
  const name = `${workload}-${generation}`;
  const found = owned.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name);
  const own = pods.filter(
    ({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === workload,
  );
  if (found === undefined && own.length === 0) return undefined;
  const { replicas = 1 } = (found?.spec ?? { replicas: 0 }) as { replicas?: number };
  const { readyReplicas = 0 } = (found?.status ?? {}) as { readyReplicas?: number };
  return { desired: replicas, ready: readyReplicas, pods: own.length };
}
