import { runAlone } from './command-line.ts';
import { Figures, quantile } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import type { SearchLoad } from './search-load.ts';
import { withFrontend } from './search.ts';

const successes = ({ answers }: SearchLoad) => answers.filter(({ status }) => status === 200);

const perSecond = (load: SearchLoad) => successes(load).length / (load.ms / 1_000);

export const searchOverload = defineMeasurement({
  name: 'search-overload',
  summary: 'What becomes of searches when far more come than can be answered.',
  options: {
    rows: { default: 10_000, quick: 1_000, help: 'rows of the table' },
    times: {
      default: [1, 2, 4],
      quick: [3],
      help: 'offered load, as a multiple of the most there is',
    },
    seconds: { default: 15, quick: 3, help: 'seconds of each load' },
    runs: { default: 3, quick: 1, help: 'runs' },
  },
  async measure(workbench, { rows, times, seconds, runs }) {
    const figures = new Figures();
    for (let run = 1; run <= runs; run += 1) {
      await withFrontend(workbench, rows, async (load) => {
        await load({ rate: 100 }, 3);
        // As many askers as the gate lets in at once.
        const most = perSecond(await load({ askers: 32 }, seconds));
        figures.add('most that is answered', 'searches/s', most);
        for (const factor of times) {
          const rate = Math.ceil(most * factor);
          workbench.say(`search-overload: ${rate}/s, run ${run} of ${runs}`);
          const loaded = await load({ rate }, seconds);
          const admitted = successes(loaded);
          const { answers } = loaded;
          const share = (count: number) => (count / answers.length) * 100;
          const refused = answers.filter(({ status }) => status === 503);
          const title = `${factor} times that`;
          const ms = admitted.map((answer) => answer.ms);
          figures.add(`${title}: answered`, '% of the most', (perSecond(loaded) / most) * 100);
          figures.add(`${title}: answered, p50`, 'ms', quantile(ms, 0.5));
          figures.add(`${title}: answered, p99`, 'ms', quantile(ms, 0.99));
          figures.add(`${title}: refused`, '%', share(refused.length));
          if (refused.length > 0) {
            const refusedMs = refused.map((answer) => answer.ms);
            figures.add(`${title}: refused, p99`, 'ms', quantile(refusedMs, 0.99));
          }
          figures.add(
            `${title}: failed`,
            '%',
            share(answers.length - admitted.length - refused.length),
          );
          figures.add(
            `${title}: answered by keywords`,
            '%',
            share(admitted.filter(({ isDegraded }) => isDegraded).length),
          );
        }
      });
    }
    return figures.list;
  },
});

if (import.meta.main) await runAlone(searchOverload);
