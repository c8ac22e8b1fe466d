import type { DeadLetters, LetterOutcome, LetterSelection } from '../../../shared/dead-letter.ts';
import type { History, Indexes, Status } from '../../../shared/pipeline.ts';
import { ask, body, withQuery } from '../api.ts';

export const fetchStatus = (signal: AbortSignal) => ask<Status>('/api/status', { signal });

export const fetchHistory = (since: number, signal: AbortSignal) =>
  ask<History>(withQuery('/api/pipeline/history', { since }), { signal });

export const fetchIndexes = (signal: AbortSignal) =>
  ask<Indexes>('/api/pipeline/indexes', { signal });

export const fetchDeadLetters = (signal: AbortSignal) =>
  ask<DeadLetters>('/api/dead-letters', { signal });

export type Deed = 'redrive' | 'discard';

export const sendDeed = (deed: Deed, selection: LetterSelection) =>
  ask<LetterOutcome>(`/api/dead-letters/${deed}`, body('POST', selection));
