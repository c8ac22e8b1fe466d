import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { runAlone } from './command-line.ts';
import { Figures, quantile } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import type { IndexLog } from './stub-index.ts';
import { System, usualStubs } from './system.ts';
import { until } from './workbench.ts';

/** An edit that was committed: its number is the row's price from then on. */
interface Edit {
  id: string;
  number: number;
  /** When COMMIT had returned, in milliseconds since the epoch. */
  committedAt: number;
}

/** Above every price the rows begin with. */
const firstNumber = 1_000_000;
const connections = 16;

/** Edits random rows, at moments that do not depend on how long an edit takes (Poisson arrivals). */
export async function edit(
  system: System,
  options: { rows: number; perSecond: number; seconds: number },
): Promise<Edit[]> {
  const pool = new pg.Pool({ connectionString: system.database.url, max: connections });
  try {
    // All connections are there before the first edit.
    await Promise.all(
      Array.from({ length: connections }, () => pool.query('select pg_sleep(0.1)')),
    );
    const edits: Promise<Edit>[] = [];
    const startedAt = performance.now();
    let due = startedAt;
    for (;;) {
      due -= (Math.log(1 - Math.random()) / options.perSecond) * 1_000;
      if (due - startedAt > options.seconds * 1_000) break;
      await delay(Math.max(due - performance.now(), 0), undefined, { signal: system.signal });
      edits.push(editRow(pool, 1 + Math.floor(Math.random() * options.rows), edits.length));
    }
    return await Promise.all(edits);
  } finally {
    await pool.end();
  }
}

async function editRow(pool: pg.Pool, id: number, nth: number): Promise<Edit> {
  const number = firstNumber + nth;
  await pool.query({
    name: 'edit',
    text: 'update products_with_increment set description = $2, price = $3, last_updated = now() where id = $1',
    values: [id, `A description for edit ${number} of the row, written a moment ago.`, number],
  });
  return { id: String(id), number, committedAt: Date.now() };
}

/** When each edit, or a later one of its row, was answered by the index; undefined where none was. */
export function answerTimes(edits: readonly Edit[], log: IndexLog): (number | undefined)[] {
  const writes = Map.groupBy(log, ([id]) => id);
  return edits.map(({ id, number }) => {
    const write = writes.get(id)?.find(([, price]) => price >= number);
    return write?.[2];
  });
}

export const freshness = defineMeasurement({
  name: 'freshness',
  summary: 'Time from the commit of an edit to the moment the index has it.',
  options: {
    rates: { default: [5, 50, 200], quick: [50], help: 'edits per second' },
    seconds: { default: 20, quick: 3, help: 'seconds of editing at each rate' },
    rows: { default: 10_000, quick: 2_000, help: 'rows of the table' },
    runs: { default: 3, quick: 1, help: 'runs of each rate' },
  },
  async measure(workbench, { rates, seconds, rows, runs }) {
    const figures = new Figures();
    for (let run = 1; run <= runs; run += 1) {
      await System.with(workbench, usualStubs, async (system) => {
        await system.startPelican();
        await system.startEmu();
        await system.database.copy(rows);
        await system.untilIndexed(rows);
        for (const perSecond of rates) {
          workbench.say(`freshness: ${perSecond} edits/s, run ${run} of ${runs}`);
          await system.forgetIndexLog();
          const edits = await edit(system, { rows, perSecond, seconds });
          let answered: (number | undefined)[] = [];
          await until(
            `all ${edits.length} edits are in the index`,
            async () => {
              answered = answerTimes(edits, await system.indexLog());
              return answered.every((at) => at !== undefined);
            },
            { signal: system.signal, seconds: 30, everyMs: 250 },
          );
          const times = edits.map(({ committedAt }, i) => (answered[i] ?? NaN) - committedAt);
          figures.add(`${perSecond} edits/s: p50`, 'ms', quantile(times, 0.5));
          figures.add(`${perSecond} edits/s: p99`, 'ms', quantile(times, 0.99));
        }
      });
    }
    return figures.list;
  },
});

if (import.meta.main) await runAlone(freshness);
