import type { Status } from '../../shared/status.ts';
import type { Figure, Reading } from './figure.ts';
import type { Outbox } from './outbox.ts';
import type { Flock } from './workers.ts';

/** Where each figure comes from. */
export interface StatusSources {
  rows: Figure<number>;
  indexed: Figure<number>;
  outbox: Figure<Outbox>;
  queue: Figure<{ visible: number; inFlight: number }>;
  deadLetters: Figure<number>;
  /** Undefined when no worker is configured. */
  flock: Figure<Flock> | undefined;
  embedderHealth: () => { ok: boolean; reason: string | null };
}

const noWorkers: Reading<Flock> = {
  value: null,
  reason: 'WORKERS names no pelican and no emu to ask.',
};

/** Gathers all figures at once. Never throws: a source that is away leaves null and its reason. */
export async function readStatus(sources: StatusSources): Promise<Status> {
  const [rows, indexed, outbox, queue, deadLetters, flock] = await Promise.all([
    sources.rows.get(),
    sources.indexed.get(),
    sources.outbox.get(),
    sources.queue.get(),
    sources.deadLetters.get(),
    sources.flock?.get() ?? noWorkers,
  ]);
  const rates: Reading<NonNullable<Flock['rates']>> = derive(flock, ({ rates }) =>
    rates === null ? { value: null, reason: 'No emu answers.' } : { value: rates, reason: null },
  );
  const lag = lagOf(outbox, queue, flock);
  const readings = { rows, indexed, outbox, queue, deadLetters, lagSeconds: lag, rates };
  return {
    rows: rows.value,
    indexed: indexed.value,
    outbox: outbox.value?.waiting ?? null,
    queue: queue.value,
    deadLetters: deadLetters.value,
    lagSeconds: lag.value,
    emus: flock.value?.emus ?? null,
    pelicans: flock.value?.pelicans ?? null,
    rates: rates.value,
    reasons: Object.fromEntries(
      Object.entries({ ...readings, emus: flock, pelicans: flock }).flatMap(
        ([figure, { reason }]) => (reason === null ? [] : [[figure, reason]]),
      ),
    ),
    health: {
      postgres: healthOf(rows),
      queue: healthOf(queue),
      deadLetterQueue: healthOf(deadLetters),
      index: healthOf(indexed),
      embedder: sources.embedderHealth(),
      workers: workersHealth(sources, flock),
    },
  };
}

/**
 * The age of the oldest change not yet queued; else, while the queue is busy, what the emus measure; else
 * nothing waits.
 */
function lagOf(
  outbox: Reading<Outbox>,
  queue: Reading<{ visible: number; inFlight: number }>,
  flock: Reading<Flock>,
): Reading<number> {
  if (outbox.value?.oldestSeconds != null) {
    return { value: Math.max(0, outbox.value.oldestSeconds), reason: null };
  }
  return derive(outbox, () =>
    derive(queue, ({ visible, inFlight }) => {
      if (visible + inFlight === 0) return { value: 0, reason: null };
      return derive(flock, ({ lagSeconds }) =>
        lagSeconds === null
          ? { value: null, reason: 'The queue is busy, and no emu has measured its lag yet.' }
          : { value: lagSeconds, reason: null },
      );
    }),
  );
}

function derive<T, U>(reading: Reading<T>, of: (value: T) => Reading<U>): Reading<U> {
  return reading.reason === null ? of(reading.value) : reading;
}

function healthOf({ reason }: Reading<unknown>) {
  return { ok: reason === null, reason };
}

/** No worker to ask is a choice; one that gives no answer is a fault. */
function workersHealth({ flock: asked }: StatusSources, flock: Reading<Flock>) {
  const away = flock.value?.away ?? [];
  if (away.length > 0) return { ok: false, reason: `No answer from ${away.join(', ')}.` };
  return { ok: asked === undefined || flock.reason === null, reason: flock.reason };
}
