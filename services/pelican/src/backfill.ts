import { query, quoteIdentifier, transaction, type Pool, type PoolClient } from '@aviary/postgres';
import { sleep, type Health, type Logger, type Part } from '@aviary/runtime';
import type { CapturedTable } from './capture.ts';
import { keyText, keyValue } from './row-sql.ts';

export interface BackfillOptions {
  pool: Pool;
  tables: ReadonlyMap<number, CapturedTable>;
  /** Takes out the records whose rows are gone, once all rows are on their way, and counts them. */
  sweep: (table: CapturedTable, signal: AbortSignal) => Promise<number>;
  health: Health;
  logger: Logger;
}

/** Keys a step puts into the outbox. */
const stepKeys = 5_000;
/** Outbox rows above which a step waits: live changes find a short outbox, and memory stays bounded. */
const crowdedRows = 128;
/** How often to look for a new request, in milliseconds. */
const lookMs = 1_000;

interface Request {
  source_id: number;
  requested_at: string;
  last_key: string[] | null;
  walked: boolean;
}

/**
 * Walks tables by key and puts every key into the outbox, as requested in aviary.backfill. Each step is one
 * transaction that locks the request's row: several pelicans take turns, and a killed one is resumed where
 * it was.
 */
export class Backfill implements Part {
  readonly name = 'backfill';
  readonly #options: BackfillOptions;
  readonly #stopping = new AbortController();
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
  }

  async #run(): Promise<void> {
    const { health, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const worked = await this.#step();
        if (health.ok('backfill')) logger.info({ event: 'backfill_works' });
        if (!worked) await sleep(lookMs, signal);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        if (health.failed('backfill', reason))
          logger.error({ event: 'backfill_failed', err: error });
        await sleep(lookMs, signal).catch(() => undefined);
      }
    }
  }

  /** @returns whether there was anything to do. */
  async #step(): Promise<boolean> {
    const { pool, tables, logger, sweep } = this.#options;
    const { signal } = this.#stopping;
    if (await this.#isCrowded()) {
      await sleep(20, signal);
      return true;
    }
    const walked = await transaction(pool, 'backfilling', (client) => this.#walk(client));
    const table = walked && tables.get(walked.source_id);
    if (walked === undefined || table === undefined) return false;
    if (!walked.done) return true;
    const orphans = await sweep(table, signal);
    await query(
      pool,
      'finishing a backfill',
      'update aviary.backfill set finished_at = now() where source_id = $1 and requested_at = $2',
      [table.sourceId, walked.requested_at],
    );
    logger.info({ event: 'backfill_finished', index: table.index.name, orphans });
    return true;
  }

  /** One step over the rows of the table whose turn it is. */
  async #walk(client: PoolClient): Promise<(Request & { done: boolean }) | undefined> {
    const { tables, logger } = this.#options;
    const { rows } = await client.query<Request>(
      `select source_id, requested_at::text, last_key, walked_at is not null as walked
       from aviary.backfill
       where finished_at is null and source_id = any ($1)
       order by requested_at limit 1 for update skip locked`,
      [[...tables.keys()]],
    );
    const [request] = rows;
    const table = request && tables.get(request.source_id);
    if (request === undefined || table === undefined) return undefined;
    if (request.walked) return { ...request, done: true };
    const { last_key: lastKey } = request;
    if (lastKey === null) {
      await client.query(
        `update aviary.backfill set total = (select count(*) from ${table.relation}) where source_id = $1`,
        [table.sourceId],
      );
      logger.info({ event: 'backfill_started', index: table.index.name });
    }
    const { rows: steps } = await client.query<{ count: number; last: string[] | null }>(
      stepSql(table, lastKey !== null),
      [table.sourceId, ...(lastKey ?? [])],
    );
    const { count = 0, last = null } = steps[0] ?? {};
    await client.query(
      `update aviary.backfill set processed = processed + $2, last_key = coalesce($3, last_key),
         walked_at = case when $2 = 0 then now() end
       where source_id = $1`,
      [table.sourceId, count, last],
    );
    return { ...request, done: count === 0 };
  }

  async #isCrowded(): Promise<boolean> {
    const rows = await query(
      this.#options.pool,
      'measuring the outbox',
      `select 1 from aviary.outbox offset ${crowdedRows} limit 1`,
    );
    return rows.length > 0;
  }
}

/** Enqueues the keys that follow, in the order of a unique index, and returns how many and the last. */
function stepSql(table: CapturedTable, resumed: boolean): string {
  const names = table.walk.map(({ name }) => `t.${quoteIdentifier(name)}`);
  const after = table.walk.map((column, position) => keyValue(`$${position + 2}::text`, column));
  return `
    with step as materialized (
      select ${keyText('t', table.key)} as key,
             array[${table.walk.map((column) => keyText('t', [column])).join(', ')}] as walk,
             row_number() over (order by ${names.join(', ')}) as position
      from ${table.relation} t
      ${resumed ? `where (${names.join(', ')}) > (${after.join(', ')})` : ''}
      order by ${names.join(', ')}
      limit ${stepKeys}
    ), enqueued as (
      select aviary.enqueue($1, array_agg(key)) from step having count(*) > 0
    )
    select count(*)::integer as count,
           (select walk from step order by position desc limit 1) as last,
           (select count(*) from enqueued) as enqueued
    from step`;
}
