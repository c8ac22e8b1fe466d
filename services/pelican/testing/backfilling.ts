import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@aviary/postgres';
import { Health, createMetrics, type Registry } from '@aviary/runtime';
import { waitUntil } from '@aviary/testing';
import { BackfillStatistics } from '../src/backfill/backfill-statistics.ts';
import { Backfill, type BackfillOptions } from '../src/backfill/backfill.ts';
import type { CapturedTable } from '../src/capture/capture.ts';
import { claimRows, silent, write } from './captured.ts';

export interface RunningBackfill extends AsyncDisposable {
  health: Health;
  metrics: Registry;
}

/** Starts what does backfills in a pelican, and nothing else of it. */
export function startBackfill(
  pool: Pool,
  tables: CapturedTable[],
  sweep: BackfillOptions['sweep'] = () => Promise.resolve(0),
  queueDepth: BackfillOptions['queueDepth'] = () => Promise.resolve(0),
): RunningBackfill {
  const health = new Health();
  const metrics = createMetrics('test');
  const backfill = new Backfill({
    pool,
    tables: new Map(tables.map((table) => [table.sourceId, table])),
    sweep,
    queueDepth,
    health,
    logger: silent,
    statistics: new BackfillStatistics(metrics),
  });
  void backfill.start();
  return { health, metrics, [Symbol.asyncDispose]: () => backfill.stop() };
}

/** Takes everything out of the outbox, over and over, until told to stop, and returns the keys. */
export function collect(pool: Pool, tables: CapturedTable[]) {
  const keys: string[][] = [];
  const stopping = new AbortController();
  const bySource = new Map(tables.map((table) => [table.sourceId, table]));
  const once = async () => {
    const rows = await claimRows(pool, bySource, 1_000);
    keys.push(...rows.map((row) => row.key));
    return rows.length;
  };
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await once();
      await delay(1);
    }
    // What was committed before the stop, a claim that began before it may have missed.
    while ((await once()) > 0);
  })();
  return {
    keys,
    stop: async () => {
      stopping.abort();
      await running;
      return keys;
    },
  };
}

export interface Progress {
  processed: number;
  total: number;
  walked_at: Date | null;
  finished_at: Date | null;
}

/** The progress of the only backfill there is. */
export async function progressOf(pool: Pool): Promise<Progress> {
  const rows = await write(
    pool,
    'select processed::integer, total::integer, walked_at, finished_at from aviary.backfill',
  );
  return rows[0] as unknown as Progress;
}

export const untilFinished = (pool: Pool): Promise<void> =>
  waitUntil(async () => (await progressOf(pool)).finished_at !== null, {
    what: 'the backfill is finished',
  });
