import { runAlone } from './command-line.ts';
import { Figures } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import { System, type Service, type SystemOptions } from './system.ts';
import type { Workbench } from './workbench.ts';

/** So slow that the emus have work throughout. */
const slowEmbedder: SystemOptions = { embedder: { baseMs: 300, perTextMs: 0.2 }, indexMs: 10 };

interface Stop {
  service: 'pelican' | 'emu';
  seconds: number;
  exitCode: number | null;
}

/** Starts one and ends the oldest, as a Deployment replaces its pods; rows are written before each time. */
async function replaceAll(workbench: Workbench, stops: number, rows: number) {
  return System.with(workbench, slowEmbedder, async (system) => {
    const start = {
      pelican: () => system.startPelican(),
      emu: (() => {
        let number = 0;
        return () => system.startEmu((number += 1));
      })(),
    };
    const running: Record<Stop['service'], Service[]> = {
      pelican: [await start.pelican()],
      emu: [await start.emu(), await start.emu()],
    };
    const measured: Stop[] = [];
    for (let round = 0; round < stops; round += 1) {
      for (const service of ['pelican', 'emu'] as const) {
        running[service].push(await start[service]());
        await system.database.copy(rows);
        const oldest = running[service].shift();
        if (oldest === undefined) continue;
        const askedAt = performance.now();
        const exitCode = await oldest.stop();
        measured.push({ service, seconds: (performance.now() - askedAt) / 1_000, exitCode });
      }
    }
    const total = 2 * stops * rows;
    await system.untilIndexed(total);
    const { ids, records } = await system.indexCounts();
    return { measured, missing: total - ids, repeated: records - ids };
  });
}

export const shutdown = defineMeasurement({
  name: 'shutdown',
  summary: 'How long a stop takes under load, and what it loses or repeats.',
  options: {
    stops: { default: 8, quick: 1, help: 'of pelican and of emu, each' },
    rows: { default: 4_000, quick: 1_000, help: 'written before each stop' },
  },
  async measure(workbench, { stops, rows }) {
    const figures = new Figures();
    workbench.say(`shutdown: ${stops} stops of each`);
    const { measured, missing, repeated } = await replaceAll(workbench, stops, rows);
    for (const { service, seconds } of measured) figures.add(`stop of ${service}`, 's', seconds);
    const faulty = measured.filter(({ exitCode }) => exitCode !== 0).length;
    figures.add('exit codes other than 0', '', faulty);
    figures.add('rows lost', '', missing);
    figures.add('records written twice', '', repeated);
    return figures.list;
  },
});

if (import.meta.main) await runAlone(shutdown);
