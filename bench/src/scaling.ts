import { runAlone } from './command-line.ts';
import { Figures } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import { System } from './system.ts';
import type { Workbench } from './workbench.ts';

/** Slow for each request, and free for each text: emus wait for it and need little of the processor. */
const slowEmbedder = { embedder: { baseMs: 300, perTextMs: 0 }, indexMs: 10 };
/** One emu has at most 4 batches of 16 rows in work, so 200 rows/s. */
const smallBatches = { MAX_BATCH: '16', CONCURRENCY: '4' };
/** One emu as it comes has at most 4 batches of 256 rows in work: 512 rows/s, were each of them full. */
const slowerEmbedder = { embedder: { baseMs: 2_000, perTextMs: 0 }, indexMs: 10 };

export const scaling = defineMeasurement({
  name: 'scaling',
  summary: 'Rows per second of several emus, where the embedder takes 300 ms a request.',
  options: {
    emus: { default: [1, 2, 4], quick: [1, 2], help: 'emus at once' },
    rows: { default: 3_000, quick: 400, help: 'rows for each emu' },
    full: { default: 12_000, quick: 2_000, help: 'rows for one emu as it comes, at 2 s a request' },
    runs: { default: 3, quick: 1, help: 'runs of each number of emus' },
  },
  async measure(workbench, { emus, rows, full, runs }) {
    const figures = new Figures();
    for (let run = 1; run <= runs; run += 1) {
      let single: number | undefined;
      for (const count of emus) {
        workbench.say(`scaling: ${count} emus, run ${run} of ${runs}`);
        const perSecond = await indexed(workbench, rows * count, slowEmbedder, async (system) => {
          await Promise.all(
            Array.from({ length: count }, (_, i) => system.startEmu(i + 1, smallBatches)),
          );
        });
        single ??= perSecond / count;
        figures.add(`emus: ${count}, table → index`, 'rows/s', perSecond);
        if (count > 1) figures.add(`emus: ${count} / 1`, 'ratio', perSecond / single);
      }
      workbench.say(`scaling: one emu as it comes, run ${run} of ${runs}`);
      const perSecond = await indexed(workbench, full, slowerEmbedder, async (system) => {
        await system.startEmu(1);
      });
      figures.add('one emu as it comes, 2 s a request', 'rows/s', perSecond);
    }
    return figures.list;
  },
});

/** Rows a second from the commit of a COPY to the last upsert. */
function indexed(
  workbench: Workbench,
  rows: number,
  stubs: typeof slowEmbedder,
  start: (system: System) => Promise<void>,
): Promise<number> {
  return System.with(workbench, stubs, async (system) => {
    await system.startPelican();
    await start(system);
    await system.database.copy(rows);
    const committedAt = Date.now();
    await system.untilIndexed(rows);
    const { lastAnsweredAt } = await system.indexCounts();
    return (rows / (lastAnsweredAt - committedAt)) * 1_000;
  });
}

if (import.meta.main) await runAlone(scaling);
