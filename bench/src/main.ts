import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { audits } from './audit.ts';
import { backfill } from './backfill.ts';
import { onWorkbench, run, settingsOf } from './command-line.ts';
import type { Figure } from './figures.ts';
import { freshness } from './freshness.ts';
import { machine, today } from './machine.ts';
import type { Measurement, NumberOption } from './measurement.ts';
import { overload } from './overload.ts';
import { rateLimit } from './rate-limit.ts';
import { jsonReport, markdownReport, textReport, type Results } from './report.ts';
import { scaling } from './scaling.ts';
import { searchOverload } from './search-overload.ts';
import { searches } from './search.ts';
import { shutdown } from './shutdown.ts';
import { throughput } from './throughput.ts';
import type { Workbench } from './workbench.ts';
import { writerCost } from './writer-cost.ts';

/** `make bench`: all measurements, one after the other, into bench/results. */

/** A measurement without the type of its options. */
const anyOf = <O extends Record<string, NumberOption>>(measurement: Measurement<O>) => ({
  name: measurement.name,
  summary: measurement.summary,
  measure: (workbench: Workbench, size: 'default' | 'quick') =>
    measurement.measure(workbench, settingsOf(measurement.options, {}, size)),
});

const all = [
  anyOf(throughput),
  anyOf(freshness),
  anyOf(writerCost),
  anyOf(scaling),
  anyOf(rateLimit),
  anyOf(shutdown),
  anyOf(overload),
  anyOf(audits),
  anyOf(backfill),
  anyOf(searches),
  anyOf(searchOverload),
];

const help = `node bench/src/main.ts [name...]: all measurements, or those named, into bench/results/latest.json and latest.md;
what is not measured stands there as it was, with its date.

  ${all.map(({ name }) => name).join(', ')}

  --quick    little of each, to see that everything works; leaves bench/results as it is
  --json     print JSON instead of tables

Each measurement also runs alone, with options of its own: node bench/src/throughput.ts --help
(freshness.ts, writer-cost.ts, scaling.ts, rate-limit.ts, shutdown.ts, overload.ts, audit.ts, backfill.ts,
search.ts, search-overload.ts).
`;

const results = join(import.meta.dirname, '../results');

await run(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  if (values.help === true) return void process.stdout.write(help);
  const size = values.quick === true ? 'quick' : 'default';
  const unknown = positionals.find((given) => !all.some(({ name }) => name === given));
  if (unknown !== undefined)
    throw new Error(`There is no measurement "${unknown}": see node bench/src/main.ts --help.`);
  const isWanted = ({ name }: { name: string }) =>
    positionals.length === 0 || positionals.includes(name);

  const failed: string[] = [];
  const date = today();
  const measured = await onWorkbench(async (workbench) => {
    const found = new Map<string, Figure[]>();
    for (const { name, measure } of all.filter(isWanted)) {
      try {
        found.set(name, await measure(workbench, size));
      } catch (error) {
        // One that fails does not cost what the others find; being interrupted ends all.
        workbench.signal.throwIfAborted();
        workbench.say(`${name} failed: ${(error as Error).message}`);
        failed.push(name);
      }
    }
    return found;
  });

  const known = size === 'default' && positionals.length > 0 ? earlier() : [];
  const found: Results = {
    machine: await machine(),
    measurements: all.flatMap(({ name, summary }) => {
      const figures = measured.get(name);
      if (figures !== undefined) return [{ name, date, summary, figures }];
      return known.filter((one) => one.name === name).map((one) => ({ ...one, summary }));
    }),
  };
  process.stdout.write(values.json === true ? jsonReport(found) : textReport(found));
  if (size === 'default') {
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, 'latest.json'), jsonReport(found));
    writeFileSync(join(results, 'latest.md'), markdownReport(found));
  }
  if (failed.length > 0) throw new Error(`These failed, see above: ${failed.join(', ')}.`);
});

/** What was measured before. */
function earlier(): Omit<Results['measurements'][number], 'summary'>[] {
  const file = join(results, 'latest.json');
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as Results).measurements;
}
