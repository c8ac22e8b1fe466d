import { encodeRefreshRequests } from '@aviary/change-job';
import type { Queue } from '@aviary/queue';
import { RetryableError, faultPoint, type Logger } from '@aviary/runtime';
import type { Dependency } from './dependency.ts';
import type { Lease, Leases } from './leases.ts';
import type { Doubt, Doubtful } from './task.ts';
import type { Telemetry } from './telemetry.ts';

export interface RefreshContext {
  refreshQueue: Queue;
  refreshes: Dependency;
  /** How long to wait where the other write may still be under way. */
  refreshDelaySeconds: number;
  telemetry: Telemetry;
  logger: Logger;
}

/** What leaves the record in doubt after its row was written, or undefined where it is certain. */
export function doubtAfterWrite(lease: Lease, leases: Leases): Doubt | undefined {
  if (lease.unanswered > 0) return 'unanswered';
  if (leases.isOver(lease)) return 'lease_over';
  return lease.redelivered ? 'redelivered' : undefined;
}

/**
 * Asks pelican to read rows anew: as ordinary jobs of higher versions they come behind whatever went before. Only
 * then may their messages leave the queue, so that the duty outlives a crash. A row whose write ended with certainty is
 * asked for at once, any other when that write must have ended.
 *
 * @throws the signal's reason when it aborts before the refresh queue has taken all.
 */
export async function requestRefresh(
  doubtful: readonly Doubtful[],
  { refreshQueue, refreshes, refreshDelaySeconds, telemetry, logger }: RefreshContext,
  signal: AbortSignal,
): Promise<void> {
  if (doubtful.length === 0) return;
  const delayOf = ({ doubt }: Doubtful) =>
    doubt === 'unanswered' || doubt === 'redelivered' ? refreshDelaySeconds : 0;
  const messages = [...Map.groupBy(doubtful, ({ job }) => job.index)].flatMap(([index, rows]) =>
    [...Map.groupBy(rows, delayOf)].flatMap(([delaySeconds, sharing]) =>
      encodeRefreshRequests(
        index,
        sharing.map(({ job }) => job.id),
      ).map((body) => ({ body, delaySeconds })),
    ),
  );
  await refreshes.call(async () => {
    const [refused] = await refreshQueue.send(messages, {
      signal,
      onRetry: (error) => refreshes.failed(error),
    });
    // No row is at fault: the queue is another than it should be.
    if (refused !== undefined) throw new RetryableError(refused.reason);
  }, signal);
  faultPoint('emu.refreshing');
  const rows: Partial<Record<Doubt, number>> = {};
  for (const { job, doubt } of doubtful) {
    telemetry.refreshRequested(job.index, doubt);
    rows[doubt] = (rows[doubt] ?? 0) + 1;
  }
  logger.info({ event: 'refresh_requested', rows });
}
