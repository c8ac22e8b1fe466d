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
  requested_at: string;
  last_key: string[] | null;
  walked: boolean;
}

/**
 * Walks tables by key and puts every key into the outbox, as requested in aviary.backfill. Each step is one
 * transaction that locks the request's row: several pelicans take turns, and a killed one is resumed where
 * it was. Tables advance side by side, so one that can't be read holds up none.
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
    const { tables } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const worked = await this.#guard('backfill', async () => {
        const outcomes: boolean[] = [];
        for (const id of await this.#requested()) {
          const table = tables.get(id);
          if (table === undefined) continue;
          const part = `backfill of ${table.index.name}`;
          outcomes.push(await this.#guard(part, () => this.#step(table)));
        }
        return outcomes.includes(true);
      });
      if (!worked) await sleep(lookMs, signal).catch(() => undefined);
    }
  }

  /** @returns what `work` returns, or false when it fails, which health then says. */
  async #guard(part: string, work: () => Promise<boolean>): Promise<boolean> {
    const { health, logger } = this.#options;
    try {
      this.#stopping.signal.throwIfAborted();
      const worked = await work();
      if (health.ok(part)) logger.info({ event: 'backfill_works', part });
      return worked;
    } catch (error) {
      if (this.#stopping.signal.aborted) return false;
      const reason = error instanceof Error ? error.message : String(error);
      if (health.failed(part, reason)) logger.error({ event: 'backfill_failed', part, err: error });
      return false;
    }
  }

  async #requested(): Promise<number[]> {
    const { pool, tables } = this.#options;
    const rows = await query<{ source_id: number }>(
      pool,
      'looking for backfills',
      `select source_id from aviary.backfill where finished_at is null and source_id = any ($1)`,
      [[...tables.keys()]],
    );
    return rows.map((row) => row.source_id);
  }

  /** @returns whether there was anything to do. */
  async #step(table: CapturedTable): Promise<boolean> {
    const { pool, logger, sweep } = this.#options;
    const { signal } = this.#stopping;
    if (await this.#isCrowded()) {
      await sleep(20, signal);
      return true;
    }
    const walk = await transaction(pool, 'backfilling', (client) => this.#walk(client, table));
    if (!walk?.done) return walk !== undefined;
    const orphans = await sweep(table, signal);
    await query(
      pool,
      'finishing a backfill',
      'update aviary.backfill set finished_at = now() where source_id = $1 and requested_at = $2',
      [table.sourceId, walk.requested_at],
    );
    logger.info({ event: 'backfill_finished', index: table.index.name, orphans });
    return true;
  }

  /** One step over the table's rows, unless another pelican is at it. */
  async #walk(
    client: PoolClient,
    table: CapturedTable,
  ): Promise<{ requested_at: string; done: boolean } | undefined> {
    const { rows } = await client.query<Request>(
      `select requested_at::text, last_key, walked_at is not null as walked
       from aviary.backfill
       where finished_at is null and source_id = $1 for update skip locked`,
      [table.sourceId],
    );
    const [request] = rows;
    if (request === undefined) return undefined;
    const { requested_at, last_key: lastKey, walked } = request;
    if (walked) return { requested_at, done: true };
    if (lastKey === null) await this.#begin(client, table);
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
    return { requested_at, done: count === 0 };
  }

  /** Counts the rows for the progress; a big table's as Postgres last estimated them. */
  async #begin(client: PoolClient, { sourceId, relation, index }: CapturedTable): Promise<void> {
    await client.query(
      `update aviary.backfill set total = (
         select case when reltuples > 1e6 then reltuples else (select count(*) from ${relation}) end
         from pg_class where oid = $2::regclass)
       where source_id = $1`,
      [sourceId, relation],
    );
    this.#options.logger.info({ event: 'backfill_started', index: index.name });
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
