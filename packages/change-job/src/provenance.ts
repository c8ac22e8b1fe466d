import type { MetadataValue, UpsertJob } from './change-job.ts';

/** What Aviary keeps in a record beside the user's metadata: which state of the row it is. */
export interface Provenance {
  contentHash: string;
  version: number;
  /** Milliseconds since the epoch. */
  changedAt: number;
}

/** A record's whole metadata: the user's columns and the provenance under reserved names. */
export function managedMetadata(job: UpsertJob): Record<string, MetadataValue> {
  return {
    ...job.metadata,
    aviary_hash: job.contentHash,
    aviary_version: job.version,
    aviary_changed_at: job.changedAt,
  };
}

/** The provenance of a stored record, or undefined when Aviary did not write it. */
export function provenanceOf(
  metadata: Record<string, unknown> | undefined,
): Provenance | undefined {
  const { aviary_hash, aviary_version, aviary_changed_at } = metadata ?? {};
  if (
    typeof aviary_hash !== 'string' ||
    typeof aviary_version !== 'number' ||
    typeof aviary_changed_at !== 'number'
  ) {
    return undefined;
  }
  return { contentHash: aviary_hash, version: aviary_version, changedAt: aviary_changed_at };
}
