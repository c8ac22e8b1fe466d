import type { MetadataValue, UpsertJob } from './change-job.ts';

/** What Aviary keeps in a record beside the user's metadata: which state of the row it is. */
export interface Provenance {
  contentHash: string;
  version: number;
  /** Milliseconds since the epoch, as the other times. */
  changedAt: number;
  /** When its job reached the queue, by the queue's clock; undefined in a record of an older emu. */
  queuedAt: number | undefined;
  /**
   * When its vector was made, by an emu's clock; undefined in a record of an older emu. Before `queuedAt` where the
   * vector of an earlier state of the row serves, since the text is the same.
   */
  embeddedAt: number | undefined;
}

/** When a record's job came through the stages. */
export type StageTimes = Pick<Provenance, 'embeddedAt'> & { queuedAt: number };

/**
 * A record's whole metadata: the user's columns and the provenance under reserved names. The two times of the stages
 * are 68 bytes of its JSON, where a vector of 384 dimensions is some 5,000 and one of 1,536 some 20,000.
 */
export function managedMetadata(job: UpsertJob, times: StageTimes): Record<string, MetadataValue> {
  return {
    ...job.metadata,
    aviary_hash: job.contentHash,
    aviary_version: job.version,
    aviary_changed_at: job.changedAt,
    aviary_queued_at: times.queuedAt,
    ...(times.embeddedAt !== undefined && { aviary_embedded_at: times.embeddedAt }),
  };
}

/** The provenance of a stored record, or undefined when Aviary did not write it. */
export function provenanceOf(
  metadata: Record<string, unknown> | undefined,
): Provenance | undefined {
  const { aviary_hash, aviary_version, aviary_changed_at, aviary_queued_at, aviary_embedded_at } =
    metadata ?? {};
  if (
    typeof aviary_hash !== 'string' ||
    typeof aviary_version !== 'number' ||
    typeof aviary_changed_at !== 'number'
  ) {
    return undefined;
  }
  return {
    contentHash: aviary_hash,
    version: aviary_version,
    changedAt: aviary_changed_at,
    queuedAt: typeof aviary_queued_at === 'number' ? aviary_queued_at : undefined,
    embeddedAt: typeof aviary_embedded_at === 'number' ? aviary_embedded_at : undefined,
  };
}
