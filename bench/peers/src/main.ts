import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { onWorkbench, run } from '../../src/command-line.ts';
import { machine, today } from '../../src/machine.ts';
import type { Workbench } from '../../src/workbench.ts';
import { aviary } from './all/aviary.ts';
import { debezium } from './all/debezium.ts';
import { graphileWorker } from './all/graphile-worker.ts';
import { listenNotify } from './all/listen-notify.ts';
import { measureChanges } from './changes.ts';
import { Comparison, type ComparedPart } from './comparison.ts';
import { comparisonJson, comparisonTables, type ComparisonResults } from './comparison-report.ts';
import type { Peer } from './peer.ts';
import { measureSpeed, type SpeedSizes } from './speed.ts';

/** `make bench-peers`: Aviary beside what people use instead, into bench/results/peers.{json,md}. */

const peers = [aviary, debezium, graphileWorker, listenNotify];

const usual: SpeedSizes = { warming: 2_000, few: 500, many: 3_000, seconds: 12 };
const quick: SpeedSizes = { warming: 100, few: 50, many: 200, seconds: 2 };

interface Part {
  name: string;
  summary: string;
  runs: number;
  measure(bench: Workbench, peer: Peer, into: Comparison, sizes: SpeedSizes): Promise<void>;
}

const parts: Part[] = [
  { name: 'speed', summary: 'Rates and times.', runs: 3, measure: measureSpeed },
  {
    name: 'changes',
    summary: 'What becomes of price edits, of deletes, and of changes around a crash.',
    runs: 2,
    measure: measureChanges,
  },
];

const names = (of: { name: string }[]) => of.map(({ name }) => name).join(', ');
const help = `node bench/peers/src/main.ts [part...]: Aviary beside its peers, into bench/results/peers.json and peers.md

  parts: ${names(parts)}; all when none is named, and what is not measured stands there as it was

  --only NAMES   some peers alone, without writing results: ${names(peers)}
  --runs 3       of each part; its own number when absent
  --add          more runs to those in the results, instead of replacing them
  --quick        little of each, without writing results
  --json         print JSON instead of tables
`;

const results = join(import.meta.dirname, '../../results');

await run(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      only: { type: 'string' },
      runs: { type: 'string' },
      add: { type: 'boolean' },
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  if (values.help === true) return void process.stdout.write(help);
  const wanted = chosen('part', parts, positionals);
  const compared = chosen('peer', peers, values.only?.split(',') ?? []);
  const runs = Number(values.runs ?? 1);
  if (!(runs >= 1)) throw new Error(`--runs takes a number from 1; it is ${values.runs ?? ''}.`);
  const isOfficial = values.only === undefined && values.quick !== true;
  const say = (text: string) => process.stderr.write(`${text}\n`);
  for (const peer of compared) await peer.prepare?.(say);

  const earlier = readEarlier();
  const measured = await onWorkbench(
    (workbench) =>
      measure(workbench, wanted, compared, {
        runs: (part) => (values.quick === true || values.runs !== undefined ? runs : part.runs),
        sizes: values.quick === true ? quick : usual,
        earlier: values.add === true ? earlier : [],
      }),
    // Debezium needs it; for all alike.
    { wal_level: 'logical' },
  );
  const found: ComparisonResults = {
    machine: await machine(),
    peers: compared.map(({ name, title }) => ({ name, title })),
    parts: parts.flatMap(({ name }) => {
      const part = [...measured, ...(isOfficial ? earlier : [])].find((one) => one.name === name);
      return part ?? [];
    }),
  };
  process.stdout.write(values.json === true ? comparisonJson(found) : comparisonTables(found));
  if (!isOfficial) return;
  writeFileSync(join(results, 'peers.json'), comparisonJson(found));
  writeFileSync(join(results, 'peers.md'), comparisonTables(found));
});

/** Run by run, and within a run peer by peer, so that what disturbs the machine for a while disturbs all. */
async function measure(
  workbench: Workbench,
  wanted: readonly Part[],
  compared: readonly Peer[],
  options: { runs: (part: Part) => number; sizes: SpeedSizes; earlier: readonly ComparedPart[] },
): Promise<ComparedPart[]> {
  const measured: ComparedPart[] = [];
  for (const part of wanted) {
    const before = options.earlier.find(({ name }) => name === part.name);
    const comparison = new Comparison(before?.figures);
    const runs = options.runs(part);
    for (let run = 1; run <= runs; run += 1) {
      for (const peer of compared) {
        workbench.say(`${part.name}: ${peer.title}, run ${run} of ${runs}`);
        await part.measure(workbench, peer, comparison, options.sizes);
      }
    }
    const { name, summary } = part;
    measured.push({ name, date: today(), summary, figures: comparison.figures });
  }
  return measured;
}

function chosen<T extends { name: string }>(what: string, all: T[], given: string[]): T[] {
  const unknown = given.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no ${what} "${unknown}"; there are: ${names(all)}.`);
  return given.length === 0 ? all : all.filter(({ name }) => given.includes(name));
}

function readEarlier(): ComparedPart[] {
  const file = join(results, 'peers.json');
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as ComparisonResults).parts;
}
