import type { QueueDepth } from '@aviary/queue';
import type { Sample, Status } from '../../shared/pipeline.ts';
import type { Figure, Reading } from './figure.ts';
import type { Outbox } from './outbox.ts';
import type { Flock } from './workers.ts';

/** Where each figure comes from. */
export interface StatusSources {
  rows: Figure<number>;
  indexed: Pick<Figure<number>, 'get'>;
  outbox: Figure<Outbox>;
  queue: Figure<QueueDepth>;
  refreshQueue: Figure<QueueDepth>;
  deadLetters: Figure<number>;
  /** Undefined when no worker is configured. */
  flock: Figure<Flock> | undefined;
  /** What searches know of what they need. */
  searchHealth: () => Record<'embedder' | 'index', { ok: boolean; reason: string | null }>;
}

const noWorkers: Reading<Flock> = {
  value: null,
  reason: 'WORKERS names no pelican and no emu to ask.',
};

/** Gathers all figures at once. Never throws: a source that is away leaves null and its reason. */
export async function readStatus(sources: StatusSources): Promise<Status> {
  const [rows, indexed, outbox, queue, refreshQueue, deadLetters, flock] = await Promise.all([
    sources.rows.get(),
    sources.indexed.get(),
    sources.outbox.get(),
    sources.queue.get(),
    sources.refreshQueue.get(),
    sources.deadLetters.get(),
    sources.flock?.get() ?? noWorkers,
  ]);
  const readings = {
    rows,
    indexed,
    outbox,
    queue,
    refreshQueue,
    deadLetters,
    lagSeconds: lagOf(outbox, queue, flock),
    lag: of(flock, 'lag', 'No change has reached the index in the last minute.'),
    emus: of(flock, 'emus', ''),
    pelicans: of(flock, 'pelicans', ''),
    rates: of(flock, 'rates', 'No emu answers.'),
    relayRates: of(flock, 'relayRates', 'No pelican answers.'),
    tokensPerMinute: of(flock, 'tokensPerMinute', 'No emu knows it: the embedder says no limit.'),
  };
  const searchHealth = sources.searchHealth();
  return {
    rows: rows.value,
    indexed: indexed.value,
    outbox: outbox.value,
    queue: queue.value,
    refreshQueue: refreshQueue.value,
    deadLetters: deadLetters.value,
    lagSeconds: readings.lagSeconds.value,
    lag: readings.lag.value,
    emus: readings.emus.value,
    pelicans: readings.pelicans.value,
    rates: readings.rates.value,
    relayRates: readings.relayRates.value,
    tokensPerMinute: readings.tokensPerMinute.value,
    reasons: Object.fromEntries(
      Object.entries(readings).flatMap(([figure, { reason }]) =>
        reason === null ? [] : [[figure, reason]],
      ),
    ),
    health: {
      postgres: healthOf(rows),
      queue: healthOf(queue),
      deadLetterQueue: healthOf(deadLetters),
      refreshQueue: healthOf(refreshQueue),
      index: searchHealth.index.ok ? healthOf(indexed) : searchHealth.index,
      embedder: searchHealth.embedder,
      workers: workersHealth(sources, flock),
    },
  };
}

/** What of the status is kept over time. */
export async function takeSample(sources: StatusSources): Promise<Sample> {
  const at = Date.now();
  const [outbox, queue, flock] = await Promise.all([
    sources.outbox.get(),
    sources.queue.get(),
    sources.flock?.get() ?? noWorkers,
  ]);
  const { emus, pelicans, rates, lag } = flock.value ?? {};
  return {
    at,
    outbox: outbox.value?.waiting ?? null,
    visible: queue.value?.visible ?? null,
    inFlight: queue.value?.inFlight ?? null,
    pelicans: pelicans?.answering ?? null,
    emus: emus?.answering ?? null,
    rowsPerSecond: rates?.rowsPerSecond ?? null,
    embeddingsPerSecond: rates?.embeddingsPerSecond ?? null,
    tokensPerSecond: rates?.tokensPerSecond ?? null,
    lagP50Seconds: lag?.p50 ?? null,
    lagP99Seconds: lag?.p99 ?? null,
  };
}

/**
 * The age of the oldest change not yet queued; else, while the queue is busy, what the emus measure; else
 * nothing waits.
 */
function lagOf(
  outbox: Reading<Outbox>,
  queue: Reading<QueueDepth>,
  flock: Reading<Flock>,
): Reading<number> {
  if (outbox.value?.oldestSeconds != null) {
    return { value: outbox.value.oldestSeconds, reason: null };
  }
  return derive(outbox, () =>
    derive(queue, ({ visible, inFlight }) => {
      if (visible + inFlight === 0) return { value: 0, reason: null };
      return derive(flock, ({ lag }) =>
        lag === null
          ? { value: null, reason: 'The queue is busy, and no emu has measured its lag yet.' }
          : { value: lag.p50, reason: null },
      );
    }),
  );
}

/** One of the flock's figures. @param otherwise why it is null while the flock itself is known */
function of<K extends keyof Flock>(
  flock: Reading<Flock>,
  name: K,
  otherwise: string,
): Reading<NonNullable<Flock[K]>> {
  return derive(flock, (known) => {
    const value = known[name];
    return value === null ? { value: null, reason: otherwise } : { value: value, reason: null };
  });
}

function derive<T, U>(reading: Reading<T>, next: (value: T) => Reading<U>): Reading<U> {
  return reading.reason === null ? next(reading.value) : reading;
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
