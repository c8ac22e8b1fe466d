import { query, type Pool } from '@aviary/postgres';
import { RetryableError } from '@aviary/runtime';
import type { AuditFindings } from './audit-findings.ts';

/** The right of one pelican to audit one index. */
export interface AuditTurn {
  pool: Pool;
  sourceId: number;
  /** Tells it from the turns of others. */
  startedAt: string;
}

/** How long a turn lasts beyond each sign of life, in seconds. */
const leaseSeconds = 30;
/** How long an audit that failed is left alone, in seconds. */
const restSeconds = 300;

/** Takes the turn where an audit is due, in nobody's hands, and no backfill is yet to fill the index. */
export async function takeAuditTurn(
  pool: Pool,
  sourceId: number,
  everyMinutes: number,
): Promise<AuditTurn | undefined> {
  await query(
    pool,
    'noting an audit',
    'insert into aviary.audit (source_id) values ($1) on conflict do nothing',
    [sourceId],
  );
  const [turn] = await query<{ startedAt: string }>(
    pool,
    'looking for a due audit',
    `update aviary.audit a
     set started_at = clock_timestamp(), next_start_at = clock_timestamp() + make_interval(secs => $3)
     where source_id = $1 and next_start_at <= clock_timestamp()
       and coalesce(finished_at, known_since) + make_interval(mins => $2) <= clock_timestamp()
       and not exists (
         select from aviary.backfill b where b.source_id = a.source_id and b.finished_at is null)
     returning started_at::text as "startedAt"`,
    [sourceId, everyMinutes, leaseSeconds],
  );
  return turn && { pool, sourceId, startedAt: turn.startedAt };
}

/**
 * Audits as the only one to do so, and records what was found. When it fails, it is tried again some minutes later,
 * by whoever comes first; when this process dies, after leaseSeconds.
 */
export async function auditInTurn(
  turn: AuditTurn,
  work: (signal: AbortSignal) => Promise<AuditFindings>,
  stopping: AbortSignal,
): Promise<AuditFindings> {
  const lost = new AbortController();
  const renewing = setInterval(
    () => {
      // Where Postgres is away nothing can be lost to others either.
      holdFor(turn, leaseSeconds).then(
        (mine) => {
          if (!mine) lost.abort(new RetryableError('another pelican took this audit over'));
        },
        () => undefined,
      );
    },
    (leaseSeconds * 1_000) / 4,
  );
  try {
    const findings = await work(AbortSignal.any([stopping, lost.signal]));
    await record(turn, findings);
    return findings;
  } catch (error) {
    await holdFor(turn, stopping.aborted ? 0 : restSeconds).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(renewing);
  }
}

async function holdFor(
  { pool, sourceId, startedAt }: AuditTurn,
  seconds: number,
): Promise<boolean> {
  const rows = await query(
    pool,
    'holding an audit',
    `update aviary.audit set next_start_at = clock_timestamp() + make_interval(secs => $3)
     where source_id = $1 and started_at = $2 returning 1`,
    [sourceId, startedAt, seconds],
  );
  return rows.length > 0;
}

async function record(
  { pool, sourceId, startedAt }: AuditTurn,
  found: AuditFindings,
): Promise<void> {
  await query(
    pool,
    'recording an audit',
    `update aviary.audit set
       next_start_at = '-infinity', finished_at = clock_timestamp(),
       decided_at = case when $11 = 0 then clock_timestamp() else decided_at end,
       seconds = $3, row_count = $4, record_count = $5, missing = $6, stale = $7, orphaned = $8, mended = $9,
       foreign_ids = $10, undecided = $11, unindexable = $12
     where source_id = $1 and started_at = $2`,
    [
      sourceId,
      startedAt,
      found.seconds,
      found.rows,
      found.records,
      found.missing,
      found.stale,
      found.orphaned,
      found.mended,
      found.foreign,
      found.undecided,
      found.unindexable,
    ],
  );
}

/** What the last audit that came to its end found. */
export interface LastAudit {
  /** Name of its SemanticIndex. */
  index: string;
  finishedAt: Date;
  /** Seconds since the epoch; null before the first that left nothing undecided. */
  decidedAt: number | null;
  seconds: number;
  missing: number;
  stale: number;
  orphaned: number;
  mended: number;
  undecided: number;
  foreign: number;
  unindexable: number;
}

export async function readLastAudits(pool: Pool, names: readonly string[]): Promise<LastAudit[]> {
  return query(
    pool,
    'reading the last audits',
    `select s.name as index, finished_at as "finishedAt",
       extract(epoch from decided_at)::float8 as "decidedAt", seconds,
       missing::float8, stale::float8, orphaned::float8, mended::float8, undecided::float8,
       foreign_ids::float8 as "foreign", unindexable::float8
     from aviary.audit a join aviary.source s on s.id = a.source_id
     where finished_at is not null and s.name = any ($1)`,
    [names],
  );
}
