import { query, type Pool } from '@aviary/postgres';
import { sweepLeaseSeconds } from './backfill-step.ts';

/** A walked request, whose sweep is in this pelican's hands as long as it gives signs of life. */
export interface SweepTurn {
  pool: Pool;
  sourceId: number;
  requestedAt: string;
}

/**
 * Sweeps as the only one to do so, and finishes the request. When it fails or is stopped, another pelican goes on
 * at once; when this process dies, after sweepLeaseSeconds.
 *
 * @param sweep is to end when its signal says so: when `stopping` does, or the request was cancelled or made anew.
 * @returns what `sweep` returns, or undefined when the request is no longer there to be finished.
 */
export async function finishBySweep<T>(
  turn: SweepTurn,
  sweep: (signal: AbortSignal) => Promise<T>,
  stopping: AbortSignal,
): Promise<T | undefined> {
  const lost = new AbortController();
  const renewing = setInterval(
    () => {
      // Where Postgres is away nothing can be lost to others either.
      holdFor(turn, sweepLeaseSeconds).then(
        (mine) => {
          if (!mine) lost.abort();
        },
        () => undefined,
      );
    },
    (sweepLeaseSeconds * 1_000) / 4,
  );
  try {
    const result = await sweep(AbortSignal.any([stopping, lost.signal]));
    await query(
      turn.pool,
      'finishing a backfill',
      `update aviary.backfill set finished_at = clock_timestamp(), rows_per_second = null
       where source_id = $1 and requested_at = $2`,
      [turn.sourceId, turn.requestedAt],
    );
    return result;
  } catch (error) {
    if (lost.signal.aborted) return undefined;
    await holdFor(turn, 0).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(renewing);
  }
}

/** @returns whether the request is still there to be finished. */
async function holdFor(turn: SweepTurn, seconds: number): Promise<boolean> {
  const rows = await query(
    turn.pool,
    'holding a sweep',
    `update aviary.backfill set next_step_at = clock_timestamp() + make_interval(secs => $3)
     where source_id = $1 and requested_at = $2 and walked_at is not null and finished_at is null
     returning 1`,
    [turn.sourceId, turn.requestedAt, seconds],
  );
  return rows.length > 0;
}
