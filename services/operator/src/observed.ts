import type { SemanticIndex, SemanticIndexSpec, SemanticIndexStatus } from '@aviary/semantic-index';
import type { Findings } from './findings.ts';
import type { Generation, Queues } from './generation.ts';

/** What a server said, or why nothing is known of it: it is away, or refuses. */
export type Known<T> = { readonly value: T } | { readonly unknown: string };

/** All that is known of one SemanticIndex, as plain data. Times are milliseconds since the epoch. */
export interface Observed {
  readonly resource: ObservedResource;
  /** Of each ConfigMap that `readGeneration` takes for one of this resource's. */
  readonly generations: readonly ObservedGeneration[];
  /** Its entry in ConfigMap `semantic-indexes`. */
  readonly readers: ReadersEntry | undefined;
  /** Of the kinds that decisions apply, what is labelled `ownLabels(name)`: `aviary.dev/semantic-index`. */
  readonly objects: readonly ObservedObject[];
  /** Targets of SemanticIndexes that were made before this one. */
  readonly taken: readonly TakenTarget[];
  /** What the last decision asked for and could not be had: none when all went well. */
  readonly failures: readonly Failure[];
}

export interface ObservedResource {
  readonly name: string;
  readonly uid: string;
  /** `metadata.generation`. */
  readonly generation: number;
  /** `metadata.deletionTimestamp`. */
  readonly deletingSince: number | undefined;
  /** Whether `finalizer` is among its finalizers. */
  readonly hasFinalizer: boolean;
  /** Its spec, or what is wrong with it where an older schema let it in. */
  readonly spec: Known<SemanticIndexSpec>;
  readonly status: SemanticIndexStatus | undefined;
  /** When this process last wrote the status; undefined when it has not yet. */
  readonly statusWrittenAt: number | undefined;
}

export interface ObservedGeneration {
  /** As its ConfigMap holds it. */
  readonly generation: Generation;
  /** By `generation.queueName`; undefined while one of the three is missing. */
  readonly queues: Known<Queues | undefined>;
  readonly depth: Known<QueueDepth>;
  /** Pinecone's index; undefined when there is none of that name. Nobody asks where the operator has no key. */
  readonly target: Known<TargetShape | undefined>;
  /** Records in its namespace, 0 where there is no such index; asked for only where data is to be dropped. */
  readonly records: Known<number>;
  readonly jobs: readonly ObservedJob[];
  /** Undefined where there is no Deployment, and no pod of it any more. */
  readonly pelican: Workers | undefined;
  readonly emu: Workers | undefined;
  /** From a pelican's /status, asked *after* the Jobs were looked at; undefined value when Postgres has none. */
  readonly backfill: Known<Backfill | undefined>;
  /** From there too: the last of pelican's own audits. */
  readonly audit: Known<EndedAudit | undefined>;
}

export interface EndedAudit {
  readonly endedAt: number;
  readonly found: Findings;
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly deadLettered: number;
  /** Of the oldest change on its way, from outbox or queue; undefined where nobody knows. */
  readonly oldestAgeSeconds: number | undefined;
}

export interface TargetShape {
  readonly dimensions: number;
  readonly metric: string;
}

/** Tasks that run as Jobs of pelican's image. */
export const tasks = ['install', 'backfill', 'audit', 'uninstall', 'drop-records'] as const;
export type Task = (typeof tasks)[number];

/** A Job of a generation: labels `app.kubernetes.io/instance` and `aviary.dev/task`. */
export interface ObservedJob {
  readonly object: ObjectReference;
  readonly task: Task;
  /** What it is run for; another run for the same has the same. Label `aviary.dev/occasion`. */
  readonly occasion: string;
  /** `ending`: it is deleted, and its pods are not gone yet. */
  readonly phase: 'running' | 'succeeded' | 'failed' | 'ending';
  readonly finishedAt: number | undefined;
  /** The exit code of its last container; undefined while running, or when the pod is gone. */
  readonly exitCode: number | undefined;
  /**
   * The last container's termination message: its findings of an audit `--json`, else what it said last. `aviary` leaves
   * it, success or not, in the file that its variable RESULT_FILE names: give every Job RESULT_FILE=/dev/termination-log.
   */
  readonly message: string | undefined;
}

export interface Workers {
  /** Wanted now, by the Deployment or its autoscaler. */
  readonly desired: number;
  readonly ready: number;
  /** Pods that are not gone yet, those that are ending among them. */
  readonly pods: number;
}

export interface Backfill {
  readonly processed: number;
  readonly total: number;
  readonly finished: boolean;
}

/** What the frontend is told of an index. */
export interface ReadersEntry {
  /** Under the resource's name; its target is the active generation's. */
  readonly index: SemanticIndex;
  /** Name of the active generation: in Postgres (aviary.source), in jobs and in metrics. */
  readonly source: string;
}

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

export interface ObservedObject extends ObjectReference {
  /** Label `app.kubernetes.io/instance`: name of its generation. */
  readonly set: string;
  /**
   * Annotation `aviary.dev/digest`: what was applied last, so that nothing is applied twice. Undefined also now and then,
   * as at each relist: what others have changed is then put right.
   */
  readonly digest: string | undefined;
}

export interface TakenTarget {
  readonly by: string;
  readonly index: string;
  readonly namespace: string;
}

export interface Failure {
  /** In words, as "make the queues". */
  readonly doing: string;
  readonly message: string;
}
