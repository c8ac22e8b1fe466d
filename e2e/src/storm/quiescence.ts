import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { System } from './system.ts';

/** For so long nothing may be under way, in milliseconds: what is between two places shows in neither. */
const stableMs = 3_000;
const lookEveryMs = 500;

/** What is still on its way, for people; undefined when nothing is. */
async function onItsWay(system: System, client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ outbox: number; backfills: number }>(
    `select (select count(*) from aviary.outbox)::integer as outbox,
            (select count(*) from aviary.backfill where finished_at is null)::integer as backfills`,
  );
  const figures: Record<string, number> = { ...rows[0] };
  for (const name of ['changes', 'refreshes'] as const) {
    const { visible, inFlight, delayed } = await system.queues[name].depth();
    Object.assign(figures, {
      [name]: visible,
      [`${name} in flight`]: inFlight,
      [`${name} delayed`]: delayed,
    });
  }
  const left = Object.entries(figures).filter(([, count]) => count > 0);
  return left.length === 0 ? undefined : left.map(([name, n]) => `${name}: ${n}`).join(', ');
}

/**
 * Waits until nothing is on its way any more.
 *
 * @returns how long it took, in milliseconds, without the last looks
 * @throws Error with the figures when it takes longer than `boundMs`
 */
export async function quiescence(
  system: System,
  boundMs: number,
  onLook: (left: string) => void,
): Promise<number> {
  const client = new pg.Client({ connectionString: system.postgres.url });
  await client.connect();
  try {
    const began = performance.now();
    let quietSince: number | undefined;
    let jobs = -1;
    for (;;) {
      const left = await onItsWay(system, client);
      const now = performance.now();
      onLook(left ?? 'nothing');
      if (left !== undefined || system.ledger.jobs !== jobs) quietSince = undefined;
      else quietSince ??= now;
      jobs = system.ledger.jobs;
      if (quietSince !== undefined && now - quietSince > stableMs) return quietSince - began;
      if (now - began > boundMs) {
        throw new Error(`not quiet after ${boundMs / 1_000} s: ${left ?? 'new jobs all the time'}`);
      }
      await delay(lookEveryMs);
    }
  } finally {
    await client.end();
  }
}
