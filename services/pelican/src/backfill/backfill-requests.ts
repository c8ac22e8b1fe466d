import { query, transaction, type Pool } from '@aviary/postgres';
import { PermanentError } from '@aviary/runtime';

export type BackfillPhase =
  | 'never asked for'
  /** No pelican has taken a step yet. */
  | 'waiting'
  | 'walking'
  /** All rows are on their way; records whose rows are gone are being looked for. */
  | 'sweeping'
  | 'finished'
  | 'cancelled';

/** How far the backfill of one SemanticIndex has come. */
export interface BackfillState {
  index: string;
  phase: BackfillPhase;
  /** Rows put into the outbox. */
  processed: number;
  /** Rows there are, never fewer than processed; 0 before the first step, estimated for a big table. */
  total: number;
  rowsPerSecond: number | null;
  requestedAt: Date | null;
  finishedAt: Date | null;
  /** Changes with each step, and every few seconds of a sweep. */
  signOfLife: string;
}

/**
 * @returns the state of each of these, in their order.
 * @throws PermanentError when one of them is not captured yet; RetryableError.
 */
export async function readBackfills(
  pool: Pool,
  names: readonly string[],
): Promise<BackfillState[]> {
  await assertCaptured(pool, names);
  return query<BackfillState>(
    pool,
    'reading the backfills',
    `select s.name as index,
       case when b.source_id is null then 'never asked for'
            when finished_at is not null and walked_at is null then 'cancelled'
            when finished_at is not null then 'finished'
            when walked_at is not null then 'sweeping'
            when last_key is not null then 'walking'
            else 'waiting' end as phase,
       coalesce(processed, 0)::float8 as processed, coalesce(total, 0)::float8 as total,
       rows_per_second as "rowsPerSecond", requested_at as "requestedAt", finished_at as "finishedAt",
       concat_ws(' ', requested_at, processed, next_step_at, finished_at) as "signOfLife"
     from unnest($1::text[]) with ordinality as wanted(name, position)
       join aviary.source s using (name) left join aviary.backfill b on b.source_id = s.id
     order by wanted.position`,
    [names],
  );
}

export interface BackfillRequest {
  /** Undefined: as fast as the outbox drains; and leaves a running one's rate as it is. */
  rowsPerSecond: number | undefined;
  /** Begin again from the first row where one is running. */
  restart: boolean;
}

/**
 * Asks the pelicans for backfills. One that is running goes on, under the rate that is given now.
 *
 * @returns the names of those that were running already, and go on.
 * @throws PermanentError when one of them is not captured yet; RetryableError.
 */
export async function requestBackfills(
  pool: Pool,
  names: readonly string[],
  { rowsPerSecond, restart }: BackfillRequest,
): Promise<string[]> {
  await assertCaptured(pool, names);
  return transaction(pool, 'requesting backfills', async (client) => {
    const { rows: running } = await client.query<{ id: number; name: string }>(
      `select s.id, s.name from aviary.backfill b join aviary.source s on s.id = b.source_id
       where s.name = any ($1) and finished_at is null and not $2 order by s.id for update of b`,
      [names, restart],
    );
    const ids = running.map(({ id }) => id);
    await client.query(
      `select aviary.request_backfill(id, $3) from aviary.source
       where name = any ($1) and id <> all ($2) order by id`,
      [names, ids, rowsPerSecond],
    );
    if (rowsPerSecond !== undefined) {
      await client.query(
        'update aviary.backfill set rows_per_second = $2 where source_id = any ($1)',
        [ids, rowsPerSecond],
      );
    }
    return running.map(({ name }) => name);
  });
}

/**
 * Ends what is running of these backfills, where they are.
 *
 * @returns the names of those that were running.
 * @throws PermanentError when one of them is not captured yet; RetryableError.
 */
export async function cancelBackfills(pool: Pool, names: readonly string[]): Promise<string[]> {
  await assertCaptured(pool, names);
  const rows = await query<{ name: string }>(
    pool,
    'cancelling backfills',
    `update aviary.backfill b
     set finished_at = clock_timestamp(), walked_at = null, rows_per_second = null
     from aviary.source s
     where s.id = b.source_id and s.name = any ($1) and finished_at is null
     returning s.name`,
    [names],
  );
  return rows.map(({ name }) => name);
}

async function assertCaptured(pool: Pool, names: readonly string[]): Promise<void> {
  const [schema] = await query<{ exists: boolean }>(
    pool,
    'looking for schema aviary',
    "select to_regclass('aviary.backfill') is not null as exists",
  );
  const known =
    schema?.exists === true
      ? await query<{ name: string }>(
          pool,
          'looking for captured tables',
          'select name from aviary.source where name = any ($1)',
          [names],
        )
      : [];
  const missing = names.filter((name) => !known.some((source) => source.name === name));
  if (missing.length === 0) return;
  throw new PermanentError(
    `No pelican has captured ${missing.join(', ')} in this database yet: start one with these specs. It backfills by itself then.`,
  );
}
