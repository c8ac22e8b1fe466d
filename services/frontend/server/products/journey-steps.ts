import type { Provenance } from '@aviary/change-job';
import type { JourneyEvent } from '../../shared/journey.ts';

/** What one look at a saved row found. */
export interface Sighting {
  /** The database's time, in milliseconds since the epoch. */
  now: number;
  exists: boolean;
  /** Its change is in the outbox; undefined where that is not known. */
  awaitsQueueing: boolean | undefined;
  hasRecord: boolean;
  /** Of its record. */
  provenance: Provenance | undefined;
}

/**
 * How far a change has come that was saved at `since`. The record carries the time of the change it was made of; a
 * record of a row that is gone is out of date, whatever its time.
 */
export function journeyStepsOf(since: number, sighting: Sighting): JourneyEvent[] {
  const { now, exists, awaitsQueueing, hasRecord, provenance } = sighting;
  const elapsed = Math.max(0, now - since);
  const isCurrent = exists && provenance !== undefined && provenance.changedAt >= since;
  if (!exists && !hasRecord) return [{ step: 'gone', ms: elapsed }];
  if (!isCurrent) return awaitsQueueing === false ? [{ step: 'queued', ms: elapsed }] : [];
  const events: JourneyEvent[] = [];
  const { queuedAt, embeddedAt } = provenance;
  if (queuedAt !== undefined) {
    const queuedMs = between(0, queuedAt - since, elapsed);
    events.push({ step: 'queued', ms: queuedMs });
    if (embeddedAt !== undefined) {
      const isKept = embeddedAt < queuedAt;
      events.push(
        isKept
          ? { step: 'kept', ms: queuedMs }
          : { step: 'embedded', ms: between(queuedMs, embeddedAt - since, elapsed) },
      );
    }
  }
  return [...events, { step: 'searchable', ms: elapsed }];
}

const between = (low: number, value: number, high: number) =>
  Math.min(high, Math.max(low, Math.round(value)));
