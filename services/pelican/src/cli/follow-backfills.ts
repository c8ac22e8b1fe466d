import type { Pool } from '@aviary/postgres';
import { RetryableError, sleep } from '@aviary/runtime';
import { readBackfills, type BackfillState } from '../backfill/backfill-requests.ts';
import { backfillProgress, type BackfillProgress } from './backfill-progress.ts';
import type { CliContext } from './context.ts';
import { exitCode } from './exit-codes.ts';

/** How often to look, in milliseconds. */
const lookMs = 500;
/** How long no step may be taken before a person should know: under any rate there is one each second. */
const stalledMs = 5_000;

/**
 * Shows how backfills go on until all have ended, or Ctrl-C; sets the exit code.
 *
 * @returns how far they are.
 */
export async function followBackfills(
  context: CliContext,
  pool: Pool,
  names: readonly string[],
): Promise<BackfillState[]> {
  const progress = backfillProgress(context.stderr);
  const stall = new StallWatch(progress);
  let states: BackfillState[] = [];
  let away = false;
  try {
    for (;;) {
      try {
        states = await readBackfills(pool, names);
        away = false;
        progress.update(states);
        stall.look(states);
        if (states.every(({ finishedAt }) => finishedAt !== null)) break;
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
        if (!away) progress.say(`${error.message}. Still trying.`);
        away = true;
      }
      await sleep(lookMs, context.signal);
    }
  } catch (error) {
    if (!context.signal.aborted) throw error;
  } finally {
    progress.stop();
  }
  if (states.some(({ phase }) => phase !== 'finished')) context.exitCode = exitCode.unfinished;
  if (context.signal.aborted) {
    const which = names.join(' ');
    context.say(
      `The backfill goes on. To follow it again: aviary backfill ${which}. To end it: aviary backfill ${which} --cancel.`,
    );
  }
  return states;
}

/** Tells when a backfill gets no further, once each time. */
class StallWatch {
  readonly #progress: BackfillProgress;
  readonly #last = new Map<string, { sign: string; at: number; told: boolean }>();

  constructor(progress: BackfillProgress) {
    this.#progress = progress;
  }

  look(states: readonly BackfillState[]): void {
    const now = performance.now();
    for (const { index, signOfLife, finishedAt } of states) {
      const last = this.#last.get(index);
      if (last?.sign !== signOfLife) {
        this.#last.set(index, { sign: signOfLife, at: now, told: false });
      } else if (finishedAt === null && !last.told && now - last.at >= stalledMs) {
        last.told = true;
        this.#progress.say(
          `${index}: no progress for ${stalledMs / 1_000} s. Is a pelican running, with this spec? If so, its /readyz says what it waits for.`,
        );
      }
    }
  }
}
