import { invalidArgument } from './api-error.ts';

/** What goes wrong on purpose. Shares are of all requests, from 0 to 1, drawn for each request anew. */
export interface Faults {
  /** Each answer is held back until this long after its request arrived, in milliseconds. */
  latencyMs: number;
  /** A write is seen by reads this much later, in milliseconds. */
  consistencyDelayMs: number;
  /** A new index is not ready for this long, in milliseconds. */
  initializingMs: number;
  /** Share answered 503, nothing done. */
  unavailable: number;
  /** Share answered 429, nothing done. */
  throttled: number;
  /** Of the Retry-After header of a 429, in seconds. */
  retryAfterSeconds: number;
  /** Share whose connection is cut, nothing done. */
  droppedBefore: number;
  /** Share whose connection is cut once the request has been carried out. */
  droppedAfter: number;
  /** Share answered later by `slowMs`. */
  slow: number;
  slowMs: number;
}

export const NO_FAULTS: Faults = {
  latencyMs: 0,
  consistencyDelayMs: 0,
  initializingMs: 0,
  unavailable: 0,
  throttled: 0,
  retryAfterSeconds: 1,
  droppedBefore: 0,
  droppedAfter: 0,
  slow: 0,
  slowMs: 1000,
};

export type Outcome = 'answered' | 'unavailable' | 'throttled' | 'droppedBefore' | 'droppedAfter';

/** At most one failure a request. */
export function drawOutcome(faults: Faults): Outcome {
  let draw = Math.random();
  for (const outcome of ['unavailable', 'throttled', 'droppedBefore', 'droppedAfter'] as const) {
    draw -= faults[outcome];
    if (draw < 0) return outcome;
  }
  return 'answered';
}

/** Faults from JSON of anyone. @throws ApiError that names what is no fault. */
export function parseFaults(given: Record<string, unknown>): Partial<Faults> {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in NO_FAULTS) || typeof value !== 'number' || !(value >= 0)) {
      throw invalidArgument(
        `${name}: ${JSON.stringify(value)} is no fault. There are ${Object.keys(NO_FAULTS).join(', ')}, each a number from 0.`,
      );
    }
  }
  return given;
}
