import { join } from 'node:path';
import { migrate, query, type Pool } from '@aviary/postgres';
import { PermanentError, retry, type Health, type Logger, type Part } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import { installCapture, type CapturedTable } from './capture.ts';
import { inspectSource, type SourceTable } from './source-table.ts';

export interface SourcesOptions {
  pool: Pool;
  indexes: readonly SemanticIndex[];
  health: Health;
  logger: Logger;
}

/** Makes the schema and the capture of every table ready, waiting for Postgres where it is away. */
export class Sources implements Part {
  readonly name = 'sources';
  /** By source id; filled by start. */
  readonly tables = new Map<number, CapturedTable>();
  readonly #options: SourcesOptions;
  readonly #stopping = new AbortController();

  constructor(options: SourcesOptions) {
    this.#options = options;
    options.health.expect('database');
  }

  /** @throws PermanentError that lists every spec that does not fit its table. */
  async start(): Promise<void> {
    const { pool, indexes, logger } = this.#options;
    await this.#persist(() => checkServer(pool));
    const migrations = await this.#persist(() =>
      migrate(pool, join(import.meta.dirname, '../migrations')),
    );
    for (const name of migrations) logger.info({ event: 'migrated', migration: name });
    const faults: PermanentError[] = [];
    const fitting: SourceTable[] = [];
    for (const index of indexes) {
      try {
        fitting.push(await this.#persist(() => inspectSource(pool, index)));
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        faults.push(error);
      }
    }
    if (faults.length > 0)
      throw new PermanentError(faults.map((fault) => fault.message).join('\n'));
    for (const table of fitting) {
      const captured = await this.#persist(() => installCapture(pool, table, logger));
      this.tables.set(captured.sourceId, captured);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#options.pool.end();
  }

  async #persist<T>(call: () => Promise<T>): Promise<T> {
    const { health, logger } = this.#options;
    const result = await retry(call, {
      signal: this.#stopping.signal,
      onRetry: (error) => {
        if (health.failed('database', error.message))
          logger.warn({ event: 'database_away', err: error });
      },
    });
    health.ok('database');
    return result;
  }
}

/** @throws PermanentError when Postgres is older than 16, which the queries of pelican need. */
async function checkServer(pool: Pool): Promise<void> {
  const [server] = await query<{ number: number; version: string }>(
    pool,
    'asking for the version',
    `select current_setting('server_version_num')::integer as number,
            current_setting('server_version') as version`,
  );
  if (server !== undefined && server.number < 160_000) {
    throw new PermanentError(
      `Postgres is ${server.version}, and pelican needs 16 or newer: upgrade it.`,
    );
  }
}
