import { quoteIdentifier, type PoolClient } from '@aviary/postgres';
import { faultPoint } from '@aviary/runtime';
import { keyValue } from '@aviary/source-table';
import type { CapturedTable } from '../capture/capture.ts';
import { countRows } from '../tables/count-rows.ts';
import { keyText } from '../tables/row-sql.ts';

/** Most keys a step puts into the outbox. */
const stepKeys = 5_000;
/** Steps a second under a rate: few enough to cost little, enough for live changes to find short queues. */
const stepsPerSecond = 4;
/** What a walk that was held up may make good at once, in seconds of its rate. */
const catchUpSeconds = 1;
/** How long a pelican that sweeps keeps others away, from each sign of life, in seconds. */
export const sweepLeaseSeconds = 10;

export interface Step {
  /** Which request it belongs to. */
  requestedAt: string;
  /** It is the first. */
  begun: boolean;
  /** Keys put into the outbox. */
  keys: number;
  /** All are; the index is now to be swept by whoever took this step. */
  walked: boolean;
  /** Until the next step is due, in milliseconds. */
  waitMs: number;
}

interface Request {
  requested_at: string;
  last_key: string[] | null;
  walked: boolean;
  rows_per_second: number | null;
}

interface Advance {
  keys: number;
  /** The walk's key of the last row, null when there was none. */
  last: string[] | null;
  walked: boolean;
}

/**
 * Takes a step over the table's rows: part of a transaction, which locks the request.
 *
 * @returns undefined when no step is due, or another pelican is at it.
 */
export async function walkStep(
  client: PoolClient,
  table: CapturedTable,
): Promise<Step | undefined> {
  const { rows } = await client.query<Request>(
    `select requested_at::text, last_key, walked_at is not null as walked, rows_per_second
     from aviary.backfill
     where finished_at is null and next_step_at <= clock_timestamp() and source_id = $1
     for update skip locked`,
    [table.sourceId],
  );
  const [request] = rows;
  if (request === undefined) return undefined;
  const { last_key: lastKey, rows_per_second: rate } = request;
  let step: Advance = { keys: 0, last: null, walked: true };
  if (!request.walked) {
    if (lastKey === null) await begin(client, table);
    const limit = Math.min(stepKeys, Math.ceil((rate ?? Infinity) / stepsPerSecond));
    step = await enqueueNext(client, table, { lastKey, limit });
  }
  const waitMs = await advance(client, table, step);
  faultPoint('pelican.walked');
  return {
    requestedAt: request.requested_at,
    begun: lastKey === null && !request.walked,
    keys: step.keys,
    walked: step.walked,
    waitMs,
  };
}

async function begin(client: PoolClient, table: CapturedTable): Promise<void> {
  await client.query(
    `update aviary.backfill set total = $2, next_step_at = clock_timestamp() where source_id = $1`,
    [table.sourceId, await countRows(client, table)],
  );
}

/** @returns milliseconds until the next step. */
async function advance(
  client: PoolClient,
  table: CapturedTable,
  { keys, last, walked }: Advance,
): Promise<number> {
  const { rows } = await client.query<{ wait_ms: number }>(
    `update aviary.backfill set
       processed = processed + $2,
       total = case when $4 then processed + $2 else greatest(total, processed + $2) end,
       last_key = coalesce($3, last_key),
       walked_at = case when $4 then coalesce(walked_at, clock_timestamp()) end,
       next_step_at = case
         when $4 then clock_timestamp() + make_interval(secs => ${sweepLeaseSeconds})
         when rows_per_second is null then clock_timestamp()
         else greatest(next_step_at, clock_timestamp() - make_interval(secs => ${catchUpSeconds}))
           + make_interval(secs => $2::float8 / rows_per_second) end
     where source_id = $1
     returning extract(epoch from next_step_at - clock_timestamp())::float8 * 1000 as wait_ms`,
    [table.sourceId, keys, last, walked],
  );
  return Math.max(0, rows[0]?.wait_ms ?? 0);
}

/** Puts the keys that follow into the outbox, as many as there are up to the limit. */
async function enqueueNext(
  client: PoolClient,
  table: CapturedTable,
  { lastKey, limit }: { lastKey: string[] | null; limit: number },
): Promise<Advance> {
  const { rows } = await client.query<{ count: number; last: string[] | null }>(
    enqueueSql(table, lastKey !== null),
    [table.sourceId, limit, ...(lastKey ?? [])],
  );
  const { count = 0, last = null } = rows[0] ?? {};
  return { keys: count, last, walked: count < limit };
}

/** Enqueues the keys that follow, in the order of a unique index, and returns how many and the last. */
function enqueueSql(table: CapturedTable, resumed: boolean): string {
  const names = table.walk.map(({ name }) => `t.${quoteIdentifier(name)}`);
  const after = table.walk.map((column, position) => keyValue(`$${position + 3}::text`, column));
  return `
    with step as materialized (
      select ${keyText('t', table.key)} as key,
             array[${table.walk.map((column) => keyText('t', [column])).join(', ')}] as walk,
             row_number() over (order by ${names.join(', ')}) as position
      from ${table.relation} t
      ${resumed ? `where (${names.join(', ')}) > (${after.join(', ')})` : ''}
      order by ${names.join(', ')}
      limit $2::integer
    ), enqueued as (
      select aviary.enqueue($1, array_agg(key)) from step having count(*) > 0
    )
    select count(*)::integer as count,
           (select walk from step order by position desc limit 1) as last,
           (select count(*) from enqueued) as enqueued
    from step`;
}
