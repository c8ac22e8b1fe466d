import type { Pool } from '@aviary/postgres';
import { readLastAudits, type LastAudit } from './audit/audit-turn.ts';
import { readBacklog, type Backlog } from './backlog.ts';
import { readBackfills } from './backfill/backfill-requests.ts';

/** /status waits no longer for the database. */
const patienceMs = 500;

interface Progress {
  outbox: Backlog;
  backfills: { index: string; phase: string; processed: number; total: number }[];
  /** Of those that have been audited. */
  audits: Pick<
    LastAudit,
    'index' | 'finishedAt' | 'missing' | 'stale' | 'orphaned' | 'mended' | 'undecided'
  >[];
}

/** How far the work in the database has come, for /status; nothing of it while the database does not say. */
export async function readProgress(
  pool: Pool,
  names: readonly string[],
): Promise<Progress | Record<string, never>> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Record<string, never>>((resolve) => {
    timer = setTimeout(() => resolve({}), patienceMs);
  });
  try {
    return await Promise.race([read(pool, names), tooLate]);
  } catch {
    return {};
  } finally {
    clearTimeout(timer);
  }
}

async function read(pool: Pool, names: readonly string[]): Promise<Progress> {
  const [backfills, outbox, audits] = await Promise.all([
    readBackfills(pool, names),
    readBacklog(pool, names),
    readLastAudits(pool, names),
  ]);
  return {
    outbox,
    backfills: backfills.map(({ index, phase, processed, total }) => ({
      index,
      phase,
      processed,
      total,
    })),
    audits: audits.map(({ index, finishedAt, missing, stale, orphaned, mended, undecided }) => ({
      ...{ index, finishedAt, missing, stale, orphaned, mended, undecided },
    })),
  };
}
