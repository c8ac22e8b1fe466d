import type { Queue } from '@aviary/queue';
import { RetryableError, sleep } from '@aviary/runtime';
import type { Dependency } from './dependency.ts';
import type { Leases } from './leases.ts';

export interface HeartbeatOptions {
  queue: Queue;
  dependency: Dependency;
  leases: Leases;
  visibilityTimeoutSeconds: number;
  heartbeatSeconds: number;
}

/**
 * Extends, until the signal aborts, every lease that is older than a heartbeat. Batches that finish sooner
 * cost no request. A failed request is made again a quarter of a heartbeat later.
 */
export async function extendVisibility(
  options: HeartbeatOptions,
  signal: AbortSignal,
): Promise<void> {
  const { queue, dependency, leases, visibilityTimeoutSeconds, heartbeatSeconds } = options;
  for (;;) {
    await sleep((heartbeatSeconds * 1_000) / 4, signal);
    const askedAt = performance.now();
    const due = leases.due(askedAt);
    const messages = due.flatMap((lease) =>
      lease.messages.map(({ receiptHandle }) => ({ receiptHandle, lease })),
    );
    try {
      const lost = await queue.extend(messages, visibilityTimeoutSeconds, signal);
      for (const lease of due) leases.extended(lease, askedAt);
      for (const { lease } of lost) leases.lose(lease);
      dependency.ok();
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      dependency.failed(error);
    }
  }
}
