import type { KubernetesObject } from '@aviary/cdk8s';
import type { SemanticIndexStatus } from '@aviary/semantic-index';
import type { ObjectReference, ReadersEntry } from './observed.ts';

/**
 * What shall be done about one SemanticIndex. In this order: the finalizer when it is to be added, `apply`, `readers`,
 * `delete`, `acts`, events, status, and the finalizer when it is to go. What fails is told in the next
 * `Observed.failures`; the rest is done all the same, but for the finalizer's removal.
 */
export interface Decision {
  readonly finalizer: 'keep' | 'add' | 'remove';
  /** By server-side apply with the operator's field manager, forced; they carry owner and labels. */
  readonly apply: readonly KubernetesObject[];
  /** With propagation in the foreground: it is gone when what it owns is. Absent is as good. */
  readonly delete: readonly ObjectReference[];
  /** Its entry in ConfigMap `semantic-indexes`. */
  readonly readers: 'keep' | 'remove' | ReadersEntry;
  readonly acts: readonly Act[];
  readonly events: readonly Event[];
  /** Absent when there is no news worth a write. */
  readonly status: SemanticIndexStatus | undefined;
  /** Look again after so long, if nothing changes before. */
  readonly requeueAfterMs: number;
}

/** What no object of Kubernetes does. Each may be done again. */
export type Act =
  /** `provisionQueue`: NAME.fifo, NAME-dead.fifo and NAME-refresh. */
  | { readonly act: 'makeQueues'; readonly name: string }
  /** Those of that name. */
  | { readonly act: 'deleteQueues'; readonly name: string }
  /** Pinecone's index, where there is none. */
  | {
      readonly act: 'makeTarget';
      readonly index: string;
      readonly dimensions: number;
      readonly metric: 'cosine' | 'dotproduct' | 'euclidean';
    }
  | { readonly act: 'dropNamespace'; readonly index: string; readonly namespace: string };

export interface Event {
  readonly type: 'Normal' | 'Warning';
  /** In CamelCase, for machines. */
  readonly reason: string;
  readonly message: string;
}
