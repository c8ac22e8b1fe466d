import { translate, type Pool } from '@aviary/postgres';
import { sleep } from '@aviary/runtime';
import { OutboxStart } from './outbox-start.ts';

/**
 * Says when there is something to claim, by polling one index probe: a NOTIFY on the write path would take
 * a lock across the whole cluster at each commit. The pause is a share of how long nothing happened, so that
 * a change amid traffic is seen within some milliseconds and an idle table costs four probes a second.
 */
export class Wake {
  readonly #pool: Pool;
  readonly #tables: ReadonlyMap<number, unknown>;
  readonly #start = new OutboxStart();
  readonly #onAnswer: () => void;
  #lastWork = performance.now();

  /**
   * @param tables by source id: whose changes are waited for, and no others'
   * @param onAnswer called whenever Postgres has answered, with or without changes
   */
  constructor(pool: Pool, tables: ReadonlyMap<number, unknown>, onAnswer: () => void) {
    this.#pool = pool;
    this.#tables = tables;
    this.#onAnswer = onAnswer;
  }

  /** To be told of each claim that found something. */
  worked(): void {
    this.#lastWork = performance.now();
  }

  /** Waits after a claim that found nothing: what there is, is in other hands or of no table to be read now. */
  async rest(signal: AbortSignal): Promise<void> {
    await sleep(pauseMs(performance.now() - this.#lastWork, 0), signal);
  }

  /**
   * Resolves when the outbox holds something of these tables, with the seq from which on to claim.
   *
   * @param onEmpty called whenever it holds nothing
   * @throws the signal's reason, or RetryableError.
   */
  async wait(signal: AbortSignal, onEmpty: () => void): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const before = performance.now();
      if (await this.#probe()) return this.#start.since;
      onEmpty();
      const now = performance.now();
      await sleep(pauseMs(now - this.#lastWork, now - before), signal);
    }
  }

  async #probe(): Promise<boolean> {
    const sources = [...this.#tables.keys()];
    try {
      await this.#start.look(this.#pool, sources);
      const { rows } = await this.#pool.query<{ busy: boolean }>({
        name: 'probe',
        text: 'select aviary.has_changes($1, $2) as busy',
        values: [sources, this.#start.since],
      });
      this.#onAnswer();
      return rows[0]?.busy === true;
    } catch (error) {
      throw translate('looking for changes', error);
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
