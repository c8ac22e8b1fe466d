import { runAlone } from './command-line.ts';
import { Figures, quantile } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import type { SearchAnswer, SearchLoad } from './search-load.ts';
import { System, usualStubs, type SystemOptions } from './system.ts';
import type { Workbench } from './workbench.ts';

/** Runs `work` on a frontend over so many rows, which an index of as many is searched for. */
export async function withFrontend<T>(
  workbench: Workbench,
  rows: number,
  work: (search: Searcher, system: System) => Promise<T>,
  options: Partial<SystemOptions> = {},
): Promise<T> {
  return System.with(
    workbench,
    { ...usualStubs, ...options, searchedRows: rows },
    async (system) => {
      // Installs, the keyword index too, and then has nothing to do here.
      const pelican = await system.startPelican();
      await pelican.stop();
      await system.database.copy(rows);
      await system.database.settle();
      const { url } = await system.startFrontend();
      return work((load, seconds) => search(system, url, load, seconds), system);
    },
  );
}

/** Loads the frontend for so many seconds. */
export type Searcher = (
  load: { rate: number } | { askers: number },
  seconds: number,
) => Promise<SearchLoad>;

async function search(
  system: System,
  url: string,
  load: { rate: number } | { askers: number },
  seconds: number,
): Promise<SearchLoad> {
  const [[name, value] = ['', 0]] = Object.entries<number>(load);
  const process = system.processes.start({
    name: 'load',
    script: 'bench/src/search-load.ts',
    arguments: [`--url=${url}`, `--${name}=${value}`, `--seconds=${seconds}`],
  });
  await process.line();
  const found = JSON.parse(await process.line()) as SearchLoad;
  await process.stop();
  return found;
}

/** What neither the embedder nor the index took: the server, Postgres, HTTP and waiting for each other. */
const ownMs = ({ ms, elsewhereMs }: SearchAnswer) => ms - elsewhereMs;

export const searches = defineMeasurement({
  name: 'search',
  summary: 'Time from a search to its answer, and what of it is neither embedder nor index.',
  options: {
    rows: { default: [10_000, 100_000], quick: [2_000], help: 'rows of the table' },
    rates: { default: [50, 200], quick: [50], help: 'searches per second' },
    seconds: { default: 20, quick: 3, help: 'seconds of searching at each rate' },
    runs: { default: 3, quick: 1, help: 'runs of each number of rows' },
  },
  async measure(workbench, { rows: counts, rates, seconds, runs }) {
    const figures = new Figures();
    for (let run = 1; run <= runs; run += 1) {
      for (const rows of counts) {
        workbench.say(`search: ${rows.toLocaleString('en')} rows, run ${run} of ${runs}`);
        await withFrontend(workbench, rows, async (load) => {
          // By then the code is compiled, and the connections are open.
          await load({ rate: 100 }, 3);
          for (const rate of rates) {
            const { answers } = await load({ rate }, seconds);
            const title = `${rows.toLocaleString('en')} rows, ${rate}/s`;
            const good = answers.filter(({ status, isDegraded }) => status === 200 && !isDegraded);
            const times = good.map(({ ms }) => ms);
            const own = good.map(ownMs);
            figures.add(`${title}: p50`, 'ms', quantile(times, 0.5));
            figures.add(`${title}: p99`, 'ms', quantile(times, 0.99));
            figures.add(`${title}: own share, p50`, 'ms', quantile(own, 0.5));
            figures.add(`${title}: own share, p99`, 'ms', quantile(own, 0.99));
            figures.add(`${title}: not answered`, '', answers.length - good.length);
          }
        });
      }
    }
    return figures.list;
  },
});

if (import.meta.main) await runAlone(searches);
