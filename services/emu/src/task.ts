import type { ChangeJob } from '@aviary/change-job';
import type { ReceivedMessage } from '@aviary/queue';
import { PermanentError } from '@aviary/runtime';
import type { VectorRecord } from '@aviary/vector-index';
import type { Lease } from './leases.ts';

export type Vector = VectorRecord['values'];

/** A vector, and when it was made. */
export interface Embedded {
  readonly values: Vector;
  /** Milliseconds since the epoch; undefined where an emu made it that kept no time. */
  readonly embeddedAt: number | undefined;
}

/** One row's job and the lease that allows it. */
export interface Task<Job extends ChangeJob = ChangeJob> {
  readonly lease: Lease;
  readonly job: Job;
  /** When the job reached the queue, by the queue's clock, in milliseconds since the epoch. */
  readonly queuedAt: number;
}

/** A message that can't be brought into the index, and why: it becomes a dead letter. */
export interface Refusal {
  readonly lease: Lease;
  readonly message: ReceivedMessage;
  /** The name of the stage that refused it. */
  readonly stage: 'decode' | 'embed' | 'upsert' | 'delete';
  /** For a person. */
  readonly reason: string;
  /** What could be read of the message. */
  readonly index?: string | undefined;
  readonly op?: 'upsert' | 'delete' | undefined;
  readonly id?: string | undefined;
  readonly version?: number | undefined;
  /** A failure that no edge adapter named: a fault of ours, to be logged with its stack. */
  readonly unexpected?: Error | undefined;
}

/** Why the record of a row may not be what it should, though nothing failed for good. */
export type Doubt =
  /** The message came when another pelican may have published a newer one before it. */
  | 'late'
  /** The write ended when another emu may have written a newer state before it. */
  | 'lease_over'
  /** An attempt to write it had no answer, and may take effect behind newer ones. */
  | 'unanswered'
  /** Who had the message before may be frozen in front of its write. */
  | 'redelivered';

/** A row whose record is in doubt. */
export interface Doubtful {
  readonly job: ChangeJob;
  readonly doubt: Doubt;
}

/** Refuses a task whose job was read well and failed later. */
export function refuse({ lease, job }: Task, stage: Refusal['stage'], error: Error): Refusal {
  const { index, op, id, version } = job;
  const message = lease.messages.at(-1);
  if (message === undefined) throw new Error('A lease holds at least one message.');
  const named = { lease, message, stage, index, op, id, version };
  return error instanceof PermanentError
    ? { ...named, reason: error.message }
    : { ...named, reason: `Unexpected ${error.name}: ${error.message}`, unexpected: error };
}
