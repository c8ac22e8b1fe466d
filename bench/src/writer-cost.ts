import { runAlone } from './command-line.ts';
import type { BenchDatabase } from './database.ts';
import { Figures } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import { System, usualStubs } from './system.ts';
import type { Workbench } from './workbench.ts';
import { chooseWriterLoad, type Statement, type WriterLoad } from './writer-load.ts';

/** Capture off is what the other ways are held against. */
type Way = 'off' | 'on' | 'on, with keyword index' | 'on, pelican at work';

const bulkWays = ['off', 'on', 'on, with keyword index'] as const;

async function prepare(database: BenchDatabase, way: Way): Promise<void> {
  await database.switchCapture(way === 'off' ? 'off' : 'on');
  await database.switchKeywordIndex(way === 'on, with keyword index');
}

interface SingleRowCase {
  statement: Statement;
  clients: number;
  ways: readonly Way[];
}

function singleRowCases(clients: readonly number[]): SingleRowCase[] {
  const updates = clients.map((count): SingleRowCase => ({
    statement: 'update',
    clients: count,
    ways: ['off', 'on', 'on, with keyword index', 'on, pelican at work'],
  }));
  const [few = 8] = clients;
  const others = (['insert', 'delete'] as const).map((statement): SingleRowCase => ({
    statement,
    clients: few,
    ways: ['off', 'on'],
  }));
  return [...updates, ...others];
}

/** Seconds that bulk writes of a table of so many rows take. */
async function measureBulk({ database }: System, rows: number, way: Way) {
  await database.empty();
  await database.settle();
  await prepare(database, way);
  const copy = await database.copy(rows);
  await database.settle();
  const update = await database.time(
    "update products_with_increment set description = description || ' Changed.'",
  );
  await database.settle();
  const remove = await database.time('delete from products_with_increment');
  await database.empty();
  await database.copy(rows);
  await database.settle();
  await prepare(database, way);
  const truncate = await database.time('truncate products_with_increment');
  return { COPY: copy, UPDATE: update, DELETE: remove, TRUNCATE: truncate };
}

/** Transactions per second of single-row writes to a table of so many rows. */
async function measureSingleRow(
  system: System,
  load: WriterLoad,
  {
    statement,
    clients,
    way,
    ...options
  }: {
    statement: Statement;
    clients: number;
    way: Way;
    rows: number;
    seconds: number;
  },
): Promise<number> {
  const { database } = system;
  await database.empty();
  await database.copy(options.rows);
  await prepare(database, way);
  await database.settle();
  const pelican = way === 'on, pelican at work' ? await system.startPelican() : undefined;
  const tps = await load({ url: database.url, statement, clients, ...options });
  await pelican?.stop();
  return tps;
}

/** Begins each round with another way, so that none always follows the same one. */
function rotated<T>(ways: readonly T[], round: number): T[] {
  const from = round % ways.length;
  return [...ways.slice(from), ...ways.slice(0, from)];
}

async function addBulk(system: System, figures: Figures, rows: number, run: number) {
  const seconds = new Map<Way, Record<string, number>>();
  for (const way of rotated(bulkWays, run)) {
    seconds.set(way, await measureBulk(system, rows, way));
  }
  for (const [statement, off] of Object.entries(seconds.get('off') ?? {})) {
    const title = `${statement} of ${rows.toLocaleString('en')} rows`;
    const of = (way: Way) => seconds.get(way)?.[statement] ?? NaN;
    for (const way of bulkWays) figures.add(`${title}, capture ${way}`, 's', of(way));
    for (const way of bulkWays.slice(1))
      figures.add(`${title}, ${way} / off`, 'ratio', of(way) / off);
  }
}

async function addSingleRow(
  system: System,
  figures: Figures,
  load: WriterLoad,
  settings: { single: SingleRowCase; rows: number; seconds: number; run: number },
) {
  const { single, rows, seconds, run } = settings;
  const { statement, clients, ways } = single;
  const tps = new Map<Way, number>();
  for (const way of rotated(ways, run)) {
    const options = { statement, clients, way, rows, seconds };
    tps.set(way, await measureSingleRow(system, load, options));
  }
  const title = `single-row ${statement.toUpperCase()}, ${clients} clients`;
  for (const way of ways) figures.add(`${title}, capture ${way}`, 'TPS', tps.get(way) ?? NaN);
  for (const way of ways.slice(1)) {
    const ratio = (tps.get(way) ?? NaN) / (tps.get('off') ?? NaN);
    figures.add(`${title}, ${way} / off`, 'ratio', ratio);
  }
}

export const writerCost = defineMeasurement({
  name: 'writer-cost',
  summary: 'What capture costs those who write to the table.',
  options: {
    rows: { default: 100_000, quick: 2_000, help: 'rows of the table' },
    clients: { default: [8, 32], quick: [8], help: 'connections of the single-row writers' },
    seconds: { default: 5, quick: 1, help: 'seconds of each single-row load' },
    runs: { default: 5, quick: 1, help: 'runs of each way' },
  },
  async measure(workbench: Workbench, { rows, clients, seconds, runs }) {
    const figures = new Figures();
    const load = chooseWriterLoad(workbench);
    workbench.say(`writer-cost: single rows are written by ${load.name}`);
    await System.with(workbench, usualStubs, async (system) => {
      // Pelican installs capture at its start.
      await (await system.startPelican()).stop();
      for (let run = 1; run <= runs; run += 1) {
        workbench.say(`writer-cost: bulk, run ${run} of ${runs}`);
        await addBulk(system, figures, rows, run);
        for (const single of singleRowCases(clients)) {
          workbench.say(
            `writer-cost: ${single.statement}, ${single.clients} clients, run ${run} of ${runs}`,
          );
          await addSingleRow(system, figures, load.run, { single, rows, seconds, run });
        }
      }
    });
    return figures.list;
  },
});

if (import.meta.main) await runAlone(writerCost);
