import { decodeJob, type ChangeJob } from '@aviary/change-job';
import type { Pool } from '@aviary/postgres';
import type { Queue } from '@aviary/queue';
import { Health, createMetrics } from '@aviary/runtime';
import type { CapturedTable } from '../src/capture/capture.ts';
import { Relay } from '../src/relay.ts';
import { RelayStatistics } from '../src/statistics.ts';
import { Wake } from '../src/wake.ts';
import { silent } from './captured.ts';

export interface RunningRelay extends AsyncDisposable {
  health: Health;
  statistics: RelayStatistics;
}

/** Starts a relay as a pelican's main does. */
export async function startRelay(
  pool: Pool,
  tables: CapturedTable[],
  queues: { queue: Queue; deadLetters: Queue },
  size: { lanes?: number; batchKeys?: number } = {},
): Promise<RunningRelay> {
  const health = new Health();
  const statistics = new RelayStatistics(createMetrics('test'));
  const bySource = new Map(tables.map((table) => [table.sourceId, table]));
  const relay = new Relay({
    pool,
    tables: bySource,
    queue: queues.queue,
    deadLetters: queues.deadLetters,
    wake: new Wake(pool, bySource, () => health.ok('outbox')),
    health,
    logger: silent,
    statistics,
    lanes: size.lanes ?? 2,
    batchKeys: size.batchKeys ?? 200,
  });
  await relay.start();
  return {
    health,
    statistics,
    [Symbol.asyncDispose]: () => relay.stop(AbortSignal.timeout(5_000)),
  };
}

/** Whether all changes are on their way: what was claimed is removed as it commits. */
export async function outboxIsEmpty(pool: Pool): Promise<boolean> {
  try {
    return (await pool.query('select from aviary.outbox limit 1')).rowCount === 0;
  } catch {
    // A test that cuts connections cuts this one too.
    return false;
  }
}

export const jobsOf = (bodies: readonly string[]): ChangeJob[] => bodies.map(decodeJob);

/** What the index would hold after these jobs: the last text of each id. */
export function textsAfter(jobs: readonly ChangeJob[]): Record<string, string> {
  const texts = new Map<string, string>();
  for (const job of jobs) {
    if (job.op === 'upsert') texts.set(job.id, job.text);
    else texts.delete(job.id);
  }
  return Object.fromEntries(texts);
}
