import { hash } from 'node:crypto';
import { indexQueueName } from '@aviary/queue';
import type { SemanticIndex } from '@aviary/semantic-index';
import type { Findings } from './findings.ts';

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
  /** Of its queues, without ending. */
  readonly queueName: string;
  /** As they were found last: workers go on by them while SQS is away. */
  readonly queues?: Queues | undefined;
  /** Its triggers may be in Postgres: an installation was begun. */
  readonly captured?: true | undefined;
  /** Occasion of the installation that is done. */
  readonly installed?: string | undefined;
  /** Of which spec, by `digestOf`, the table was read whole, and an audit found it in step. */
  readonly backfilled?: string | undefined;
  readonly audited?: string | undefined;
  /** When the last audit ended, this one or a later one of pelican's, in milliseconds since the epoch, and what it found. */
  readonly auditedAt?: number | undefined;
  readonly found?: Findings | undefined;
  /** The wish for a backfill that was answered last. */
  readonly request?: BackfillRequest | undefined;
  /** Since when readers have been elsewhere, in milliseconds since the epoch. */
  readonly retiredAt?: number | undefined;
  /** Its records are deleted, where that is known from a Job alone. */
  readonly emptied?: true | undefined;
  /** It is being taken away, and cannot be gone back to. */
  readonly dropping?: true | undefined;
}

/** By their URLs. */
export interface Queues {
  readonly url: string;
  readonly deadLetterUrl: string;
  readonly refreshUrl: string;
}

export interface BackfillRequest {
  readonly requestId?: string | undefined;
  readonly ratePerSecond?: number | undefined;
}

/** The first of a resource, which has its names, or one more beside others. */
export function beginGeneration(
  index: SemanticIndex,
  { number, queuePrefix }: { number: number | 'first'; queuePrefix: string },
): Generation {
  const suffix = number === 'first' ? '' : `-g${number}`;
  const name = index.name + suffix;
  const target = { ...index.target, namespace: index.target.namespace + suffix };
  return {
    name,
    number: number === 'first' ? 1 : number,
    spec: { ...index, name, target },
    queueName: indexQueueName(queuePrefix, name),
  };
}

/** Names that only generations have, `NAME-gN`, and those whose queue would be another's dead-letter queue. */
export const isReserved = (name: string): boolean => /-(g\d+|dead)$/.test(name);

/** Whether its vectors are those that the spec asks for. */
export const fits = ({ spec }: Generation, index: SemanticIndex): boolean =>
  digestOf(vectorsOf(spec)) === digestOf(vectorsOf(index));

const vectorsOf = ({ source, embedding, target }: SemanticIndex) => [
  ...[source.schema, source.table, source.key, source.text],
  ...[embedding.model, embedding.dimensions, target.index, target.metric],
];

/** Secret with its key of Pinecone, which its pods are given and the operator is not. */
export const ownKeyOf = ({ spec }: Generation): string | undefined => spec.target.secretRef?.name;

/** With what can be changed where it is: it sends all rows again, and embeds none anew. */
export function inPlace(generation: Generation, index: SemanticIndex): Generation {
  const { name, target } = generation.spec;
  const { namespace } = target;
  return { ...generation, spec: { ...index, name, target: { ...index.target, namespace } } };
}

/** Of what is plain data, in so few characters that names have room for it. */
export function digestOf(value: unknown): string {
  return hash('sha256', JSON.stringify(value)).slice(0, 7);
}
