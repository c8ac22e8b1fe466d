import type { Pool } from '@aviary/postgres';
import type { Audit, Backfill, Indexes } from '../../shared/pipeline.ts';
import { readAviary } from './read-aviary.ts';

interface Row {
  index: string;
  phase: Backfill['phase'] | null;
  processed: number;
  total: number;
  limitPerSecond: number | null;
  requestedAt: Date;
  backfilledAt: Date | null;
  underWay: boolean | null;
  auditedAt: Date | null;
  seconds: number;
  rows: number;
  records: number;
  missing: number;
  stale: number;
  orphaned: number;
  mended: number;
  undecided: number;
  foreign: number;
  unindexable: number;
}

/** The rate of a backfill is that of so much time. */
const windowMs = 30_000;

interface Progress {
  at: number;
  processed: number;
}

/** How far each SemanticIndex is filled and proven, from what pelicans note in schema aviary. */
export class IndexBoard {
  readonly #pool: Pool;
  /** Of backfills that walk, by index and request: what was seen, oldest first. */
  readonly #seen = new Map<string, Progress[]>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** @throws RetryableError while Postgres is away or no pelican has prepared the database. */
  async read(): Promise<Indexes['indexes']> {
    const rows = await readAviary<Row>(
      this.#pool,
      'reading backfills and audits',
      `select coalesce(b.index, a.index) as index, b.phase,
         processed::float8, total::float8, rows_per_second as "limitPerSecond",
         requested_at as "requestedAt", b.finished_at as "backfilledAt",
         under_way as "underWay", a.finished_at as "auditedAt", seconds, row_count::float8 as rows,
         record_count::float8 as records, missing::float8, stale::float8, orphaned::float8, mended::float8,
         undecided::float8, foreign_ids::float8 as "foreign", unindexable::float8
       from aviary.backfill_progress b full join aviary.audit_result a on a.index = b.index
       order by 1`,
    );
    return rows.map((row) => ({
      index: row.index,
      backfill: row.phase === null ? null : this.#backfillOf(row, row.phase),
      audit: row.underWay === null ? null : auditOf(row, row.underWay),
    }));
  }

  #backfillOf(row: Row, phase: Backfill['phase']): Backfill {
    const rate = phase === 'walking' ? this.#rateOf(row) : null;
    return {
      phase,
      processed: row.processed,
      total: row.total,
      limitPerSecond: row.limitPerSecond,
      requestedAt: row.requestedAt.toISOString(),
      finishedAt: row.backfilledAt?.toISOString() ?? null,
      rowsPerSecond: rate,
      secondsLeft: rate === null || rate <= 0 ? null : (row.total - row.processed) / rate,
    };
  }

  /** Over the last half minute; before this process has seen some seconds of it, since the beginning. */
  #rateOf({ index, requestedAt, processed }: Row): number {
    const now = Date.now();
    const request = `${index}\n${requestedAt.getTime()}`;
    for (const other of this.#seen.keys()) {
      if (other !== request && other.startsWith(`${index}\n`)) this.#seen.delete(other);
    }
    const seen = (this.#seen.get(request) ?? []).filter(({ at }) => now - at <= windowMs);
    // However many ask.
    if (now - (seen.at(-1)?.at ?? 0) > 500) seen.push({ at: now, processed });
    this.#seen.set(request, seen);
    const [first] = seen;
    const from =
      first !== undefined && now - first.at >= 3_000
        ? first
        : { at: requestedAt.getTime(), processed: 0 };
    return Math.max(0, (processed - from.processed) / Math.max(1, (now - from.at) / 1_000));
  }
}

function auditOf(row: Row, underWay: boolean): Audit {
  if (row.auditedAt === null) return { underWay, last: null };
  const { seconds, rows, records, missing, stale, orphaned, mended, undecided } = row;
  const found = { missing, stale, orphaned, mended, undecided };
  return {
    underWay,
    last: {
      finishedAt: row.auditedAt.toISOString(),
      verdict: verdictOf(found),
      seconds,
      rows,
      records,
      ...found,
      foreign: row.foreign,
      unindexable: row.unindexable,
    },
  };
}

type Found = Record<'missing' | 'stale' | 'orphaned' | 'mended' | 'undecided', number>;

function verdictOf({ missing, stale, orphaned, mended, undecided }: Found) {
  const faults = missing + stale + orphaned;
  if (faults > mended) return 'differs';
  if (undecided > 0) return 'undecided';
  return faults > 0 ? 'mended' : 'in_step';
}
