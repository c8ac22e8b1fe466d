import { encodeKey, type ChangeJob } from '@aviary/change-job';
import type { Pool } from '@aviary/postgres';
import type { Queue } from '@aviary/queue';
import {
  PermanentError,
  RetryableError,
  faultPoint,
  sleep,
  type Health,
  type Logger,
  type Part,
} from '@aviary/runtime';
import type { CapturedTable } from './capture/capture.ts';
import { Claim } from './claim.ts';
import type { ClaimedRow } from './claimed-row.ts';
import { deadLetter, publish, type Unpublishable } from './publish.ts';
import { SourceFault, readClaimed } from './read-claimed.ts';
import { render } from './render.ts';
import { RestingTables } from './resting-tables.ts';
import type { RelayStatistics } from './statistics.ts';
import type { Wake } from './wake.ts';

export interface RelayOptions {
  pool: Pool;
  /** Captured tables by source id. */
  tables: ReadonlyMap<number, CapturedTable>;
  queue: Queue;
  deadLetters: Queue;
  wake: Wake;
  health: Health;
  logger: Logger;
  statistics: RelayStatistics;
  /** Claims at once. */
  lanes: number;
  /** About how many keys a claim takes. */
  batchKeys: number;
}

/**
 * Brings changes from the outbox to the queue. Each lane runs
 *
 *     waiting ──something there──► claiming ──► reading ──► rendering ──► publishing ──► removing
 *        ▲                            │ all of it in other hands                           │
 *        └────────────────────────────┴────────────────────────────────────────────────────┘
 *
 * Claiming puts on record that these changes are this lane's for a time, and removing ends that: a lane that
 * fails, or a pelican that dies, leaves the changes where they were. One lane at a time waits and claims.
 */
export class Relay implements Part {
  readonly name = 'relay';
  readonly #options: RelayOptions;
  readonly #stopping = new AbortController();
  readonly #abandoned = new AbortController();
  readonly #resting: RestingTables;
  #turn: Promise<void> = Promise.resolve();
  #lanes: Promise<void>[] = [];

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#resting = new RestingTables(options.health, options.logger);
    options.health.expect('outbox');
  }

  start(): Promise<void> {
    this.#lanes = Array.from({ length: this.#options.lanes }, () => this.#lane());
    return Promise.resolve();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort();
    const abandon = () => this.#abandoned.abort();
    if (deadline.aborted) abandon();
    deadline.addEventListener('abort', abandon, { once: true });
    await Promise.all(this.#lanes);
  }

  async #lane(): Promise<void> {
    const { health, logger } = this.#options;
    const { signal } = this.#stopping;
    let pauseMs = 0;
    while (!signal.aborted) {
      try {
        if (pauseMs > 0) await sleep(pauseMs, signal);
        await this.#round();
        pauseMs = 0;
        if (health.ok('outbox')) logger.info({ event: 'relay_works' });
      } catch (error) {
        if (this.#stopping.signal.aborted) break;
        if (error instanceof SourceFault) {
          this.#resting.failed(error.table, error);
          continue;
        }
        pauseMs = Math.min(Math.max(pauseMs * 2, 100), 5_000);
        this.#fail(error);
      }
    }
  }

  /** Everything is published, by whomever: what this pelican failed at last time is no longer asked of it. */
  #idle(): void {
    this.#options.health.withdraw('queue');
    this.#resting.unwanted(this.#options.tables);
  }

  #fail(error: unknown): void {
    const { health, logger } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    const changed = health.failed('outbox', reason);
    if (changed || !(error instanceof RetryableError))
      logger.error({ event: 'relay_failed', err: error });
  }

  async #round(): Promise<void> {
    const { pool, tables, wake, statistics, batchKeys } = this.#options;
    const turn = await this.#takeTurn();
    const claim = new Claim(pool);
    try {
      const since = await wake.wait(this.#stopping.signal, () => this.#idle());
      const ready = this.#resting.ready(tables);
      const changes = await claim.take(ready, batchKeys, since);
      if (changes.length === 0) {
        await wake.rest(this.#stopping.signal);
        return;
      }
      wake.worked();
      turn.release();
      faultPoint('pelican.claimed');
      const rows = await readClaimed(pool, ready, changes, claim.publishBy);
      faultPoint('pelican.read');
      const { jobs, unpublishable } = this.#renderAll(rows);
      await claim.send((signal) => this.#publishAll(jobs, unpublishable, signal));
      faultPoint('pelican.published');
      await claim.finish();
      faultPoint('pelican.finished');
      const changedKeys = changes.reduce((sum, { keys }) => sum + keys.length, 0);
      statistics.relayed({ rows: rows.length, coalesced: changedKeys - rows.length });
      for (const table of new Set(rows.map((row) => row.table))) this.#resting.worked(table);
    } catch (error) {
      await claim.release(this.#abandoned.signal).catch(() => undefined);
      throw error;
    } finally {
      turn.release();
    }
  }

  #renderAll(rows: readonly ClaimedRow[]) {
    const jobs: ChangeJob[] = [];
    const unpublishable: Unpublishable[] = [];
    for (const row of rows) {
      try {
        const { job, textCut } = render(row);
        jobs.push(job);
        if (textCut) this.#options.statistics.textCut(row.table.index.name);
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        // Gone, and by its key it never had a record: there is nothing to tell or to mend.
        if (row.values === undefined) continue;
        unpublishable.push({
          index: row.table.index.name,
          id: encodeKey(row.key),
          version: row.version,
          changedAt: row.changedAt,
          stage: 'render',
          reason: error.message,
        });
      }
    }
    return { jobs, unpublishable };
  }

  async #publishAll(
    jobs: readonly ChangeJob[],
    unrendered: readonly Unpublishable[],
    leased: AbortSignal,
  ): Promise<void> {
    const { queue, deadLetters, health, logger, statistics } = this.#options;
    const options = {
      signal: AbortSignal.any([this.#abandoned.signal, leased]),
      onRetry: (error: RetryableError) => {
        if (health.failed('queue', error.message))
          logger.error({ event: 'queue_away', err: error });
      },
    };
    try {
      const { sent, refused } = await publish(queue, jobs, options);
      const unpublishable = [...unrendered, ...refused];
      await deadLetter(deadLetters, unpublishable, options);
      statistics.published(sent, unpublishable);
      for (const { index, id, stage, reason } of unpublishable) {
        logger.warn({ event: 'dead_lettered', index, id, stage, reason });
      }
    } catch (error) {
      if (options.signal.aborted)
        throw new RetryableError('publishing took too long', { cause: error });
      throw error;
    }
    if (health.ok('queue')) logger.info({ event: 'queue_works' });
  }

  async #takeTurn(): Promise<{ release: () => void }> {
    const before = this.#turn;
    const mine = Promise.withResolvers<undefined>();
    this.#turn = mine.promise;
    await before;
    return { release: () => mine.resolve(undefined) };
  }
}
