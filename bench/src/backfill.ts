import { runAlone } from './command-line.ts';
import { Figures } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import type { QueueLoad } from './queue-load.ts';
import { System, usualStubs } from './system.ts';
import { until, type Workbench } from './workbench.ts';

interface Backfilled {
  perSecond: number;
  /** Peak of pelican, in megabytes; absent where there is no /proc. */
  memory: number | undefined;
  /** What the outbox has grown to on disk, with its indexes, in megabytes. */
  outbox: number;
}

/** One pelican walks the table into the SQS stand-in, out of which a bare consumer takes everything. */
function backfillOf(workbench: Workbench, rows: number): Promise<Backfilled> {
  return System.with(workbench, usualStubs, async (system) => {
    const { database } = system;
    // Before there is capture: pelican's start then asks for the backfill itself.
    await database.client.query(
      `insert into products_with_increment (name, sku, description, price)
       select 'Thing ' || g, 'SKU-' || g, 'A short text about thing no. ' || g, g % 900
       from generate_series(1, $1::integer) g`,
      [rows],
    );
    await database.client.query('vacuum analyze products_with_increment');
    const consumer = system.processes.start({
      name: 'consumer',
      script: 'bench/src/queue-load.ts',
      arguments: ['drain', '--messages', String(rows)],
      environment: system.environment,
    });
    await consumer.line();
    await system.startPelican();
    const began = Date.now();
    await until(
      `a backfill of ${rows} rows is finished`,
      async () => {
        const { rowCount } = await database.client.query(
          'select from aviary.backfill where finished_at is not null',
        );
        return rowCount === 1;
      },
      { signal: system.signal, seconds: 60 + rows / 500, everyMs: 500 },
    );
    const { endedAt } = JSON.parse(await consumer.line()) as QueueLoad;
    const size = await database.client.query<{ megabytes: number }>(
      "select pg_total_relation_size('aviary.outbox')::float8 / 1e6 as megabytes",
    );
    return {
      perSecond: (rows / (endedAt - began)) * 1_000,
      memory: system.usage().get('pelican')?.peakMegabytes,
      outbox: size.rows[0]?.megabytes ?? Number.NaN,
    };
  });
}

export const backfill = defineMeasurement({
  name: 'backfill',
  summary: 'A backfill by one pelican into the SQS stand-in, which a bare consumer empties.',
  options: {
    rows: { default: [100_000, 1_000_000], quick: [5_000], help: 'rows of the table' },
    runs: { default: 1, quick: 1, help: 'runs of each size' },
  },
  async measure(workbench, { rows, runs }) {
    const figures = new Figures();
    for (let run = 1; run <= runs; run += 1) {
      for (const count of rows) {
        const title = `${count.toLocaleString('en')} rows`;
        workbench.say(`backfill: ${title}, run ${run} of ${runs}`);
        const { perSecond, memory, outbox } = await backfillOf(workbench, count);
        figures.add(`${title}: table → queue, taken out of it`, 'rows/s', perSecond);
        if (memory !== undefined) figures.add(`${title}: peak memory of pelican`, 'MB', memory);
        figures.add(`${title}: outbox on disk, at the end`, 'MB', outbox);
      }
    }
    return figures.list;
  },
});

if (import.meta.main) await runAlone(backfill);
