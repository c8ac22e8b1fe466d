import { query, type Pool } from '@aviary/postgres';
import {
  PermanentError,
  RetryableError,
  retry,
  sleep,
  type Health,
  type Logger,
  type Part,
} from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import type { SourceTable } from '@aviary/source-table';
import type { CapturedTable } from '../capture/capture.ts';
import { install, lookUpInstallation, mayInstall } from '../capture/installation.ts';
import { installKeywordIndex } from '../capture/keyword-index.ts';
import { inspectSources } from './source-table.ts';

export interface SourcesOptions {
  pool: Pool;
  indexes: readonly SemanticIndex[];
  health: Health;
  logger: Logger;
  /** Pause between looks at what is installed, in milliseconds. */
  lookEveryMs: number;
}

/**
 * Makes the schema and the capture of every table ready where its user may, and waits for whoever may where it may
 * not: pelicans can be there before the job that installs. Looks again from time to time: a table made anew, or
 * triggers that a restore disabled, would lose changes without a sound.
 */
export class Sources implements Part {
  readonly name = 'sources';
  /** By source id; filled by start, renewed by each look. */
  readonly tables = new Map<number, CapturedTable>();
  readonly #options: SourcesOptions;
  readonly #stopping = new AbortController();
  /** By the index's name: each is told once. */
  readonly #keywordFailures = new Map<string, string>();
  #looking: Promise<void> = Promise.resolve();
  #indexing: Promise<void> | undefined;

  constructor(options: SourcesOptions) {
    this.#options = options;
    options.health.expect('database');
    options.health.expect('installation');
  }

  /** @throws PermanentError that lists every spec that does not fit its table. */
  async start(): Promise<void> {
    await this.#persist('database', () => checkServer(this.#options.pool));
    await this.#look();
    this.#looking = this.#lookAgain();
  }

  /** @throws PermanentError that lists every spec that does not fit its table. */
  async #look(): Promise<void> {
    const { pool, indexes } = this.#options;
    const tables = await this.#persist('database', () => inspectSources(pool, indexes));
    const captured = await this.#persist('installation', () => this.#installed(tables));
    for (const table of captured) this.tables.set(table.sourceId, table);
  }

  async #lookAgain(): Promise<void> {
    const { health, logger, lookEveryMs } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#indexing ??= this.#indexKeywords().finally(() => (this.#indexing = undefined));
      try {
        await sleep(lookEveryMs, signal);
        await this.#look();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        // A table was dropped or altered since the start: its changes wait, and those of others go on.
        const reason = error instanceof Error ? error.message : String(error);
        if (health.failed('installation', reason))
          logger.error({ event: 'installation_broken', err: error });
      }
    }
  }

  /** Beside the synchronisation, which needs none of it: building takes minutes where a table is large. */
  async #indexKeywords(): Promise<void> {
    const { pool, logger } = this.#options;
    for (const table of this.tables.values()) {
      const { relation, index } = table;
      try {
        if (!(await mayInstall(pool, [table]))) continue;
        const tell = (event: string) => logger.info({ event, index: index.name, table: relation });
        await installKeywordIndex(pool, table, tell, this.#stopping.signal);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        if (this.#keywordFailures.get(index.name) !== reason)
          logger.warn({ event: 'keyword_index_not_built', index: index.name, err: error });
        this.#keywordFailures.set(index.name, reason);
      }
    }
  }

  /** @throws RetryableError while something is missing that this user may not install. */
  async #installed(tables: readonly SourceTable[]): Promise<CapturedTable[]> {
    const { pool, logger } = this.#options;
    const { captured, missing } = await lookUpInstallation(pool, tables);
    if (missing.length === 0) return captured;
    if (!(await mayInstall(pool, tables))) {
      throw new RetryableError(
        `not installed: have the owner of the tables run "aviary install" with the specs given here. Missing: ${missing.join('; ')}`,
      );
    }
    const installed = await install(pool, tables, (call) => this.#persist('installation', call));
    for (const name of installed.migrations) logger.info({ event: 'migrated', migration: name });
    for (const { index, table, did } of installed.sources) {
      for (const event of did) logger.info({ event, index, table });
    }
    for (const reason of installed.undone) logger.warn({ event: 'rights_not_granted', reason });
    return installed.captured;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#looking, this.#indexing]);
    const { pool } = this.#options;
    if (!pool.ending) await pool.end();
  }

  async #persist<T>(part: 'database' | 'installation', call: () => Promise<T>): Promise<T> {
    const { health, logger } = this.#options;
    let reason = '';
    const result = await retry(call, {
      signal: this.#stopping.signal,
      onRetry: (error) => {
        health.failed(part, error.message);
        if (error.message !== reason) logger.warn({ event: 'waiting', part, err: error });
        reason = error.message;
      },
    });
    health.ok(part);
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
