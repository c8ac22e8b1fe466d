import type { SemanticIndex } from '@aviary/semantic-index';

/**
 * One place that a SemanticIndex's table is kept in step with: a namespace, queues, workers and triggers of its own.
 * There is one, but while a change of what vectors are made of moves from one to the next. Each is on record in a
 * ConfigMap of its name, which is the operator's only memory: a lost one is found anew, at the price of an audit.
 */
export interface Generation {
  /** Of the SemanticIndex that `spec` is, and so of its source in Postgres: `NAME`, later `NAME-gN`. */
  readonly name: string;
  /** 1, then the resource's `metadata.generation` when it was begun: never used twice. */
  readonly number: number;
  /** What its services read; the target is its own. */
  readonly spec: SemanticIndex;
  /** Of which spec, by `digestOf`, capture was installed, the table was read, and an audit found it in step. */
  readonly installed?: string | undefined;
  readonly backfilled?: string | undefined;
  readonly audited?: string | undefined;
  /** `spec.backfill.requestId` that was last asked for. */
  readonly backfillRequest?: string | undefined;
  /** Since when readers have been elsewhere, in milliseconds since the epoch. */
  readonly retiredAt?: number | undefined;
  /** It is being taken away, and cannot be gone back to. */
  readonly dropping?: true | undefined;
}
