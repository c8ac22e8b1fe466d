import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { paceOf } from './calibration.ts';
import { limits, readAt, readEnvironmentScaler, readMeasured, readRecordings } from './inputs.ts';
import { picture } from './picture.ts';
import { planRows, rowLimits, type RowsPlan } from './rows-plan.ts';
import { planSearches, searchLimits } from './searches-plan.ts';
import { figure, table } from './table.ts';
import { validate } from './validation.ts';

const help = `node bench/scale-model/src/main.ts validate | plan: Aviary under KEDA and the HPA, simulated.

  validate   simulates what was recorded on clusters (recordings.json), and says how far it is off
  plan       emus, hours and dollars for rows, and what it takes to answer searches (assumptions.json)

  --rows 1e6,1e8,1e9            for plan
  --tokens-per-minute ${limits.tokensPerMinute.join(',')},Infinity
                                for plan; Infinity is an embedder of one's own
  --searches 1e3,1e4,1e5,1e6    a second, for plan
  --json                        print JSON in place of tables
  --write                       keep it in bench/scale-model/results, validate with its pictures
`;

const results = join(import.meta.dirname, '../results');

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      rows: { type: 'string', default: '1e6,1e8,1e9' },
      'tokens-per-minute': {
        type: 'string',
        default: [...limits.tokensPerMinute, Infinity].join(),
      },
      searches: { type: 'string', default: '1e3,1e4,1e5,1e6' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
    },
  });
  const [command] = positionals;
  if (values.help === true || command === undefined) process.stdout.write(help);
  else if (command === 'validate') report(validations(values.write === true), values);
  else if (command === 'plan') {
    const ask = (option: 'rows' | 'tokens-per-minute' | 'searches') =>
      numbers(option, values[option]);
    report(plans(ask('rows'), ask('tokens-per-minute'), ask('searches')), values);
  } else throw new Error(`There is no command "${command}": it is validate or plan.`);
} catch (error) {
  process.stderr.write(`scale-model: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

interface Report {
  name: string;
  json: unknown;
  text: string;
}

function report({ name, json, text }: Report, to: { json?: boolean; write?: boolean }): void {
  const indented = JSON.stringify(json, rounded, 2);
  // Lists of numbers on one line, as Prettier would.
  const written = `${indented.replaceAll(/\[\s+([\d\s.,]+?)\s+\]/g, (_, list: string) => `[${list.replaceAll(/\s+/g, ' ')}]`)}\n`;
  process.stdout.write(to.json === true ? written : text);
  if (to.write !== true) return;
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${name}.json`), written);
}

function validations(draw: boolean): Report {
  const found = readRecordings().map(({ name, recording, conditions }) => {
    const pace = paceOf(recording, conditions.embedder);
    const { simulated, distances, gaps } = validate(recording, conditions, pace);
    if (draw) writeFileSync(join(results, `${name}.svg`), picture(recording.moments, simulated));
    return { name, pace, distances, gaps };
  });
  const text = found.map(({ name, distances, gaps }) => {
    const error = ({ recorded, simulated }: { recorded: number; simulated: number }) =>
      recorded === 0 ? '' : `${(100 * (simulated / recorded - 1)).toFixed(0)} %`;
    return [
      table(
        [name, 'recorded', 'simulated', 'error'],
        gaps.map((gap) => [gap.name, figure(gap.recorded), figure(gap.simulated), error(gap)]),
      ),
      table(
        ['distance of the curves', 'mean', 'greatest', 'of'],
        distances.map(({ name: curve, mean, greatest, of }) => [
          curve,
          `${(100 * mean).toFixed(1)} %`,
          `${(100 * greatest).toFixed(0)} %`,
          figure(of),
        ]),
      ),
    ].join('\n');
  });
  return { name: 'validation', json: found, text: text.join('\n') };
}

function plans(rows: number[], tokensPerMinute: number[], searches: number[]): Report {
  const measured = readMeasured();
  const scaler = readEnvironmentScaler('prod');
  const rowPlans = tokensPerMinute.flatMap((tokens) =>
    rows.map((count) => planRows({ rows: count, tokensPerMinute: tokens }, measured, scaler)),
  );
  const most = Math.max(...rows);
  const searchPlans = searches.map((searchesPerSecond) =>
    planSearches({ searchesPerSecond, rows: Math.min(...rows) }, measured),
  );
  const [ownLimits, askLimits] = [
    rowLimits(Infinity, measured).filter(({ rate }) => rate < Infinity),
    [Math.min(...rows), most].map((count) => ({
      rows: count,
      limits: searchLimits(count, measured),
    })),
  ];
  const sum = ({ dollars }: RowsPlan) => Object.values(dollars).reduce((all, one) => all + one, 0);
  const text = [
    `Prices and limits: ${readAt}\n`,
    table(
      [
        'rows',
        'tokens a minute',
        'emus',
        'rows/s',
        'limit',
        'hours',
        'tokens, $',
        'SQS, $',
        'writes, $',
        'storage, $',
        'machines, $',
        'all, $',
      ],
      rowPlans.map((plan) => [
        figure(plan.rows),
        figure(plan.tokensPerMinute),
        figure(plan.emus),
        figure(plan.rowsPerSecond),
        plan.limit,
        figure(plan.hours),
        ...[...Object.values(plan.dollars), sum(plan)].map(figure),
      ]),
    ),
    table(
      ['rows a second go no further than', 'rows/s'],
      ownLimits.map(({ limit, rate }) => [limit, figure(rate)]),
    ),
    table(
      [
        'searches/s',
        'rows',
        'frontends',
        'tier 5 accounts',
        'index copies',
        'read shards',
        'reads, $/h',
        'tokens, $/h',
        'frontends, $/h',
      ],
      searchPlans.map((plan) => [
        figure(plan.searchesPerSecond),
        figure(plan.rows),
        figure(plan.frontends),
        figure(plan.embeddingAccounts),
        figure(plan.indexCopies),
        figure(plan.readShards),
        ...Object.values(plan.dollars).map(figure),
      ]),
    ),
    ...askLimits.map(({ rows: count, limits: found }) =>
      table(
        [`searches over ${figure(count)} rows are limited by`, 'searches/s', 'then'],
        found.map(({ limit, rate, remedy }) => [limit, figure(rate), remedy]),
      ),
    ),
  ];
  return {
    name: 'plan',
    json: {
      measured,
      rows: rowPlans,
      rowLimits: ownLimits,
      searches: searchPlans,
      searchLimits: askLimits,
    },
    text: text.join('\n'),
  };
}

function numbers(option: string, text: string): number[] {
  const found = text.split(',').map(Number);
  if (found.some((number) => !(number > 0)))
    throw new Error(`--${option} takes numbers above 0, with commas between; it is ${text}.`);
  return found;
}

/** Four digits that count; no limit is told as null. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value)
    ? Number(value.toPrecision(4))
    : value;
}
