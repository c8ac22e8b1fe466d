import { runAlone } from './command-line.ts';
import { Figures } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import { System } from './system.ts';

/** Slow for each request, and free for each text: emus wait for it and need little of the processor. */
const slowEmbedder = { embedder: { baseMs: 300, perTextMs: 0 }, indexMs: 10 };
/** One emu has at most 4 batches of 16 rows in work, so 200 rows/s. */
const smallBatches = { MAX_BATCH: '16', CONCURRENCY: '4' };

export const scaling = defineMeasurement({
  name: 'scaling',
  summary: 'Rows per second of several emus, where the embedder takes 300 ms a request.',
  options: {
    emus: { default: [1, 2, 4], quick: [1, 2], help: 'emus at once' },
    rows: { default: 3_000, quick: 400, help: 'rows for each emu' },
    runs: { default: 3, quick: 1, help: 'runs of each number of emus' },
  },
  async measure(workbench, { emus, rows, runs }) {
    const figures = new Figures();
    for (let run = 1; run <= runs; run += 1) {
      let single: number | undefined;
      for (const count of emus) {
        workbench.say(`scaling: ${count} emus, run ${run} of ${runs}`);
        const perSecond = await System.with(workbench, slowEmbedder, async (system) => {
          const total = rows * count;
          await system.startPelican();
          await Promise.all(
            Array.from({ length: count }, (_, i) => system.startEmu(i + 1, smallBatches)),
          );
          await system.database.copy(total);
          const committedAt = Date.now();
          await system.untilIndexed(total);
          const { lastAnsweredAt } = await system.indexCounts();
          return (total / (lastAnsweredAt - committedAt)) * 1_000;
        });
        single ??= perSecond / count;
        figures.add(`emus: ${count}, table → index`, 'rows/s', perSecond);
        if (count > 1) figures.add(`emus: ${count} / 1`, 'ratio', perSecond / single);
      }
    }
    return figures.list;
  },
});

if (import.meta.main) await runAlone(scaling);
