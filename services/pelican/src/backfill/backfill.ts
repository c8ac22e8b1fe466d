import { query, transaction, type Pool } from '@aviary/postgres';
import { sleep, type Health, type Logger, type Part } from '@aviary/runtime';
import type { BackfillStatistics } from './backfill-statistics.ts';
import { walkStep } from './backfill-step.ts';
import { finishBySweep } from './backfill-sweep.ts';
import type { CapturedTable } from '../capture/capture.ts';
import { OutboxStart } from '../outbox-start.ts';

export interface BackfillOptions {
  pool: Pool;
  /** Messages that wait in the queue: a walk waits while they are many. */
  queueDepth: (signal: AbortSignal) => Promise<number>;
  tables: ReadonlyMap<number, CapturedTable>;
  /**
   * Takes out the records whose rows are gone, once all rows are on their way, and counts them. Waits for `room`
   * wherever it is about to add to the outbox.
   */
  sweep: (
    table: CapturedTable,
    pace: { signal: AbortSignal; room: () => Promise<void> },
  ) => Promise<number>;
  health: Health;
  logger: Logger;
  statistics: BackfillStatistics;
}

/** Keys in the outbox above which a step waits: live changes find few before them, and memory stays bounded. */
const crowdedKeys = 10_000;
/**
 * Messages in the queue above which a step waits: an edit waits behind them, some seconds of one emu's work, and they
 * are enough for an autoscaler to bring twenty.
 */
const crowdedMessages = 10_000;
/** How long a figure of the queue serves, in milliseconds. */
const depthMs = 500;
/** How often to look whether it is still crowded, and for new requests, in milliseconds. */
const crowdedMs = 20;
const lookMs = 1_000;

interface DueRequest {
  source_id: number;
  remaining: number;
  total: number;
  wait_ms: number;
}

/**
 * Walks tables by key and puts every key into the outbox, as requested in aviary.backfill:
 *
 *     requested ──first step──► walking ──no row follows──► sweeping ──no page follows──► finished
 *                               │     ▲
 *                               └─────┘ crowded outbox or queue, or ahead of its rate: waits
 *
 * Each step is one transaction that locks the request's row: several pelicans take turns, and a killed one is
 * resumed where it was. Tables advance side by side, so one that can't be read or swept holds up none.
 */
export class Backfill implements Part {
  readonly name = 'backfill';
  readonly #options: BackfillOptions;
  readonly #outbox = new OutboxStart();
  readonly #stopping = new AbortController();
  readonly #sweeps = new Set<Promise<unknown>>();
  #messages = 0;
  #depthAt = -Infinity;
  #running: Promise<void> = Promise.resolve();

  constructor(options: BackfillOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    this.#running = this.#run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#sweeps);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const pauseMs = await this.#guard('backfill', () => this.#round());
      if (pauseMs > 0) await sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  /** @returns what `work` returns, how long to pause in milliseconds; lookMs when it fails, which health then says. */
  async #guard(part: string, work: () => Promise<number>): Promise<number> {
    const { health, logger } = this.#options;
    try {
      this.#stopping.signal.throwIfAborted();
      const pauseMs = await work();
      if (health.ok(part)) logger.info({ event: 'backfill_works', part });
      return pauseMs;
    } catch (error) {
      if (this.#stopping.signal.aborted) return lookMs;
      const reason = error instanceof Error ? error.message : String(error);
      if (health.failed(part, reason)) logger.error({ event: 'backfill_failed', part, err: error });
      return lookMs;
    }
  }

  /** A step over each table whose step is due. @returns how long to pause, in milliseconds. */
  async #round(): Promise<number> {
    const { tables, statistics, health } = this.#options;
    const requests = await this.#requested();
    for (const table of tables.values()) {
      const request = requests.find(({ source_id }) => source_id === table.sourceId);
      statistics.underWay(table.index.name, request ?? { remaining: 0, total: 0 });
      // Another pelican finished it.
      if (request === undefined) health.withdraw(partOf(table));
    }
    const pauses = requests.map(({ wait_ms }) => wait_ms).filter((ms) => ms > 0);
    const due = requests.filter(({ wait_ms }) => wait_ms <= 0);
    if (due.length > 0 && (await this.#isCrowded())) return crowdedMs;
    for (const { source_id } of due) {
      const table = tables.get(source_id);
      if (table !== undefined)
        pauses.push(await this.#guard(partOf(table), () => this.#step(table)));
    }
    return Math.min(lookMs, ...pauses);
  }

  #requested(): Promise<DueRequest[]> {
    const { pool, tables } = this.#options;
    return query(
      pool,
      'looking for backfills',
      `select source_id, greatest(total - processed, 0)::float8 as remaining, greatest(total, processed)::float8 as total,
         extract(epoch from greatest(next_step_at, '2000-01-01') - clock_timestamp())::float8 * 1000 as wait_ms
       from aviary.backfill where finished_at is null and source_id = any ($1)`,
      [[...tables.keys()]],
    );
  }

  /** @returns how long to pause, in milliseconds. */
  async #step(table: CapturedTable): Promise<number> {
    const { pool, logger, statistics } = this.#options;
    const index = table.index.name;
    const step = await transaction(pool, 'backfilling', (client) => walkStep(client, table));
    if (step === undefined) return lookMs;
    const { requestedAt, begun, keys, walked, waitMs } = step;
    if (begun) logger.info({ event: 'backfill_started', index });
    statistics.walked(index, keys);
    if (walked) this.#beginSweep(table, requestedAt);
    return walked ? lookMs : waitMs;
  }

  /** Beside the loop: an index of a million records takes minutes. */
  #beginSweep(table: CapturedTable, requestedAt: string): void {
    const { pool, sweep, logger } = this.#options;
    const { signal: stopping } = this.#stopping;
    const turn = { pool, sourceId: table.sourceId, requestedAt };
    const sweeping = this.#guard(partOf(table), async () => {
      const orphans = await finishBySweep(
        turn,
        (signal) => sweep(table, { signal, room: () => this.#room(signal) }),
        stopping,
      );
      if (orphans !== undefined)
        logger.info({ event: 'backfill_finished', index: table.index.name, orphans });
      return 0;
    }).finally(() => this.#sweeps.delete(sweeping));
    this.#sweeps.add(sweeping);
  }

  async #room(signal: AbortSignal): Promise<void> {
    while (await this.#isCrowded()) await sleep(crowdedMs, signal);
  }

  async #isCrowded(): Promise<boolean> {
    const { pool, queueDepth, tables } = this.#options;
    if (performance.now() - this.#depthAt >= depthMs) {
      this.#messages = await queueDepth(this.#stopping.signal);
      this.#depthAt = performance.now();
    }
    if (this.#messages > crowdedMessages) return true;
    const sources = [...tables.keys()];
    await this.#outbox.look(pool, sources);
    const rows = await query<{ crowded: boolean }>(
      pool,
      'measuring the outbox',
      'select aviary.holds_more_keys($1, $2, $3) as crowded',
      [crowdedKeys, sources, this.#outbox.since],
    );
    return rows[0]?.crowded === true;
  }
}

const partOf = (table: CapturedTable): string => `backfill of ${table.index.name}`;
