import { query, type Pool } from '@aviary/postgres';
import { sleep } from '@aviary/runtime';

/**
 * Says when there is something to claim, by polling one index probe: a NOTIFY on the write path would take
 * a lock across the whole cluster at each commit. The pause is a share of how long nothing happened, so that
 * a change amid traffic is seen within some milliseconds and an idle table costs four probes a second.
 */
export class Wake {
  readonly #pool: Pool;
  #lastWork = performance.now();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** To be told of each claim that found something. */
  worked(): void {
    this.#lastWork = performance.now();
  }

  /** Resolves when the outbox holds something. @throws the signal's reason, or RetryableError. */
  async wait(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const before = performance.now();
      const rows = await query(
        this.#pool,
        'looking for changes',
        'select 1 from aviary.outbox order by partition, seq limit 1',
      );
      if (rows.length > 0) return;
      const now = performance.now();
      await sleep(pauseMs(now - this.#lastWork, now - before), signal);
    }
  }
}

/**
 * 0.5 % of the idle time, from 3 to 250 ms; and at least four times what the probe took, so that polling never
 * takes more than a fifth of anything.
 */
export function pauseMs(idleMs: number, probeMs: number): number {
  return Math.max(Math.min(Math.max(idleMs / 200, 3), 250), probeMs * 4);
}
