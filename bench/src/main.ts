import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { onWorkbench, run, settingsOf } from './command-line.ts';
import type { Figure } from './figures.ts';
import { freshness } from './freshness.ts';
import { machine } from './machine.ts';
import type { Measurement, NumberOption } from './measurement.ts';
import { overload } from './overload.ts';
import { rateLimit } from './rate-limit.ts';
import { jsonReport, markdownReport, textReport, type Results } from './report.ts';
import { scaling } from './scaling.ts';
import { shutdown } from './shutdown.ts';
import { throughput } from './throughput.ts';
import type { Workbench } from './workbench.ts';
import { writerCost } from './writer-cost.ts';

/** `make bench`: all measurements, one after the other, into bench/results. */

const help = `node bench/src/main.ts: all measurements, into bench/results/latest.json and latest.md.

  --quick    little of each, to see that everything works; leaves bench/results as it is
  --json     print JSON instead of tables

Each measurement also runs alone, with options of its own: node bench/src/throughput.ts --help
(freshness.ts, writer-cost.ts, scaling.ts, rate-limit.ts, shutdown.ts, overload.ts).
`;

const results = join(import.meta.dirname, '../results');

await run(async () => {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  if (values.help === true) return void process.stdout.write(help);
  const size = values.quick === true ? 'quick' : 'default';

  const failed: string[] = [];
  const measurements = await onWorkbench(async (workbench) => {
    const measured: Results['measurements'] = [];
    const measure = async <O extends Record<string, NumberOption>>(
      measurement: Measurement<O>,
    ): Promise<void> => {
      const { name, summary } = measurement;
      const figures = await attempt(workbench, measurement, size);
      if (figures === undefined) failed.push(name);
      else measured.push({ name, summary, figures });
    };
    await measure(throughput);
    await measure(freshness);
    await measure(writerCost);
    await measure(scaling);
    await measure(rateLimit);
    await measure(shutdown);
    await measure(overload);
    return measured;
  });

  const found: Results = { machine: await machine(), measurements };
  process.stdout.write(values.json === true ? jsonReport(found) : textReport(found));
  if (size === 'default') {
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, 'latest.json'), jsonReport(found));
    writeFileSync(join(results, 'latest.md'), markdownReport(found));
  }
  if (failed.length > 0) throw new Error(`These failed, see above: ${failed.join(', ')}.`);
});

/** One that fails does not cost what the others find; being interrupted ends all. */
async function attempt<O extends Record<string, NumberOption>>(
  workbench: Workbench,
  { name, options, measure }: Measurement<O>,
  size: 'default' | 'quick',
): Promise<Figure[] | undefined> {
  try {
    return await measure(workbench, settingsOf(options, {}, size));
  } catch (error) {
    workbench.signal.throwIfAborted();
    workbench.say(`${name} failed: ${(error as Error).message}`);
    return undefined;
  }
}
