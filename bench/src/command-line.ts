import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { machine, today } from './machine.ts';
import type { Measurement, NumberOption, Settings } from './measurement.ts';
import { jsonReport, textReport } from './report.ts';
import { Workbench } from './workbench.ts';

type Options = Record<string, NumberOption>;

/** Runs one measurement as the command line asks, and prints what it found. */
export async function runAlone<O extends Options>(measurement: Measurement<O>): Promise<void> {
  const { name, summary, options } = measurement;
  const config: ParseArgsOptionsConfig = {
    help: { type: 'boolean' },
    json: { type: 'boolean' },
  };
  for (const option of Object.keys(options)) config[option] = { type: 'string' };
  await run(async () => {
    const { values } = parseArgs({ options: config });
    if (values.help === true) return void process.stdout.write(helpOf(name, summary, options));
    const settings = settingsOf(options, values);
    const figures = await onWorkbench((workbench) => measurement.measure(workbench, settings));
    const date = today();
    const results = {
      machine: await machine(),
      measurements: [{ name, date, summary, figures }],
    };
    process.stdout.write(values.json === true ? jsonReport(results) : textReport(results));
  });
}

/** Opens a workbench that Ctrl-C closes in order, and closes it whatever happens. */
export async function onWorkbench<T>(
  work: (workbench: Workbench) => Promise<T>,
  postgresSettings?: Record<string, string>,
): Promise<T> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Again: no effect, since everything that stops is bounded in time.
    process.on(signal, () => interrupted.abort(new Error('interrupted')));
  }
  const workbench = await Workbench.open(interrupted.signal, postgresSettings);
  try {
    return await work(workbench);
  } catch (error) {
    if (interrupted.signal.aborted) throw interrupted.signal.reason;
    throw error;
  } finally {
    await workbench.close();
  }
}

/** Ends the process: with 0, or with 1 and the error's message. */
export async function run(work: () => Promise<void>): Promise<never> {
  try {
    await work();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exit(1);
  }
}

/** The defaults, overridden by what was given. @throws Error that names the faulty option. */
export function settingsOf<O extends Options>(
  options: O,
  given: Record<string, unknown>,
  fallback: 'default' | 'quick' = 'default',
): Settings<O> {
  const entries = Object.entries(options).map(([name, option]) => {
    const text = given[name];
    if (typeof text !== 'string') return [name, option[fallback]];
    const numbers = text.split(',').map(Number);
    const isOne = typeof option.default === 'number';
    if (numbers.some((number) => !(number >= 1)) || (isOne && numbers.length > 1)) {
      const wanted = isOne ? 'a number from 1' : 'numbers from 1, with commas between';
      throw new Error(`--${name} takes ${wanted}; it is ${text}.`);
    }
    return [name, isOne ? numbers[0] : numbers];
  });
  return Object.fromEntries(entries) as Settings<O>;
}

function helpOf(name: string, summary: string, options: Options): string {
  const lines = Object.entries(options).map(([option, { default: usual, help }]) =>
    `  --${option} ${String(usual)}`.padEnd(28).concat(help),
  );
  return [
    `node bench/src/${name}.ts: ${summary}`,
    '',
    ...lines,
    '  --json'.padEnd(28).concat('print JSON instead of a table'),
    '',
  ].join('\n');
}
