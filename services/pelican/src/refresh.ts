import { decodeRefreshRequest, encodeKey, keyOfRecordId } from '@aviary/change-job';
import { query, type Pool } from '@aviary/postgres';
import type { Queue, ReceivedMessage } from '@aviary/queue';
import {
  PermanentError,
  RetryableError,
  faultPoint,
  retry,
  type Health,
  type Logger,
  type Part,
} from '@aviary/runtime';
import type { CapturedTable } from './capture/capture.ts';
import { joinKey } from './tables/row-sql.ts';
import type { RelayStatistics } from './statistics.ts';

export interface RefreshOptions {
  queue: Queue;
  pool: Pool;
  /** Captured tables by source id. */
  tables: ReadonlyMap<number, CapturedTable>;
  health: Health;
  logger: Logger;
  statistics: RelayStatistics;
}

/** SQS's longest. */
const longPollSeconds = 20;
/**
 * Putting keys into the outbox takes milliseconds. What a killed pelican had taken, or a poll that was cut off,
 * comes again this much later, and records may be stale so long.
 */
const visibilityTimeoutSeconds = 15;

/**
 * Puts rows that are asked for into the outbox, to be read anew and published under a higher version. A request
 * leaves its queue only once its keys are there; one that comes twice costs a read more and harms nothing.
 */
export class Refresh implements Part {
  readonly name = 'refresh';
  readonly #options: RefreshOptions;
  readonly #stopping = new AbortController();
  readonly #abandoned = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: RefreshOptions) {
    this.#options = options;
    options.health.expect('refresh queue');
  }

  start(): Promise<void> {
    this.#loop = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error;
    });
    return Promise.resolve();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort();
    const abandon = () => this.#abandoned.abort();
    if (deadline.aborted) abandon();
    deadline.addEventListener('abort', abandon, { once: true });
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { queue } = this.#options;
    const { signal } = this.#stopping;
    // The first poll answers at once, so that health soon knows.
    let waitSeconds = 0;
    while (!signal.aborted) {
      const messages = await this.#persist(signal, () =>
        queue.receive({ waitSeconds, visibilityTimeoutSeconds, signal }),
      );
      waitSeconds = longPollSeconds;
      if (messages.length === 0) continue;
      for (const [index, ids] of this.#read(messages)) {
        await this.#persist(signal, () => this.#enqueue(index, ids));
      }
      faultPoint('pelican.refreshed');
      const ending = this.#abandoned.signal;
      await this.#persist(ending, () => queue.acknowledge(messages, ending));
    }
  }

  /** The ids asked for, by the name of their SemanticIndex. */
  #read(messages: readonly ReceivedMessage[]): Map<string, Set<string>> {
    const asked = new Map<string, Set<string>>();
    for (const { id: messageId, body } of messages) {
      try {
        const { index, ids } = decodeRefreshRequest(body);
        asked.set(index, new Set([...(asked.get(index) ?? []), ...ids]));
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        const reason = error.message;
        this.#options.logger.warn({ event: 'refresh_request_unreadable', messageId, reason });
      }
    }
    return asked;
  }

  async #enqueue(index: string, ids: ReadonlySet<string>): Promise<void> {
    const { pool, tables, logger, statistics } = this.#options;
    const table = [...tables.values()].find((candidate) => candidate.index.name === index);
    const keys = [...ids].flatMap((id) => keyOf(id, table?.key.length) ?? []);
    if (keys.length < ids.size) {
      const skipped = ids.size - keys.length;
      logger.warn({ event: 'refresh_of_no_keys', index, skipped });
    }
    // By name: also of a source whose spec another pelican has.
    const sources = await query(
      pool,
      'putting rows to refresh into the outbox',
      'select aviary.enqueue(id, $2) from aviary.source where name = $1',
      [index, keys.map(joinKey)],
    );
    if (sources.length > 0) {
      statistics.refreshed(index, keys.length);
      return;
    }
    const remedy = 'no pelican has ever had a spec of this name in this database';
    logger.warn({ event: 'refresh_of_unknown_index', index, rows: keys.length, reason: remedy });
  }

  /** Waits for what is away, and for what a person has to mend: no request is at fault. */
  async #persist<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const { health, logger } = this.#options;
    const result = await retry(
      async () => {
        try {
          return await call();
        } catch (error) {
          if (signal.aborted || error instanceof RetryableError) throw error;
          const reason = error instanceof Error ? error.message : String(error);
          throw new RetryableError(reason, { cause: error });
        }
      },
      {
        signal,
        onRetry: (error) => {
          if (health.failed('refresh queue', error.message))
            logger.warn({ event: 'refresh_waits', err: error });
        },
      },
    );
    if (health.ok('refresh queue')) logger.info({ event: 'refresh_works' });
    return result;
  }
}

/** Nothing for an id that pelican did not make of a key of so many columns, or that Postgres cannot hold. */
function keyOf(id: string, columns: number | undefined): [string[]] | undefined {
  try {
    const key = keyOfRecordId(id);
    const isKey = encodeKey(key) === id && key.length === (columns ?? key.length);
    return isKey && !key.some((part) => part.includes('\0')) ? [key] : undefined;
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}
