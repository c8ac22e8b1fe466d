import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue, createQueueClient } from '@aviary/queue';
import { runAlone } from './command-line.ts';
import { Figures } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import { usageOf, type Usage } from './process-usage.ts';
import { root } from './processes.ts';
import { System } from './system.ts';
import { until } from './workbench.ts';

/** How often the memory of the process is looked at, in milliseconds. */
const lookMs = 50;

/** What `aviary audit --json` says of one index. */
interface Found {
  verdict: string;
  rows: number;
  records: number;
  seconds: number;
}

/** Runs `aviary audit` as people do. @returns what it found and used. */
async function auditOnce(system: System): Promise<Found & Usage> {
  const child = spawn(
    process.execPath,
    ['services/pelican/src/cli/main.ts', 'audit', 'products', '--json'],
    {
      cwd: root,
      env: { PATH: process.env.PATH, ...system.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
      signal: system.signal,
    },
  );
  const printed = text(child.stdout);
  const ended = once(child, 'exit').then(() => true);
  let usage: Usage = { cpuSeconds: NaN, peakMegabytes: NaN };
  while ((await Promise.race([ended, delay(lookMs)])) !== true) {
    usage = usageOf(child.pid ?? 0) ?? usage;
  }
  const [found] = (JSON.parse(await printed) as { indexes: Found[] }).indexes;
  if (found === undefined) throw new Error('The audit said nothing of the index.');
  return { ...found, ...usage };
}

async function untilAllIsIndexed(system: System, rows: number): Promise<void> {
  const { client } = system.database;
  const sqs = createQueueClient({
    region: 'us-east-1',
    endpoint: system.environment.AWS_ENDPOINT_URL_SQS,
  });
  const queue = new Queue(sqs, system.environment.QUEUE_URL ?? '');
  await until(
    `${rows} rows are in the index`,
    async () => {
      const { rows: backlog } = await client.query<{ waiting: string }>(
        'select waiting from aviary.backlog',
      );
      const { visible, inFlight } = await queue.depth();
      return Number(backlog[0]?.waiting) + visible + inFlight === 0;
    },
    { signal: system.signal, seconds: 60 + rows / 100, everyMs: 500 },
  );
  sqs.destroy();
}

export const audits = defineMeasurement({
  name: 'audit',
  summary: 'Time and memory of `aviary audit` where the index is in step.',
  options: {
    rows: { default: [20_000, 100_000], quick: [2_000], help: 'rows of the table' },
    runs: { default: 3, quick: 1, help: 'audits of each table' },
  },
  async measure(workbench, { rows: sizes, runs }) {
    const figures = new Figures();
    const stubs = {
      embedder: { baseMs: 5, perTextMs: 0 },
      indexMs: 0,
      keepsRecords: true,
    } as const;
    for (const rows of sizes) {
      const title = `${rows.toLocaleString('en')} rows`;
      await System.with(workbench, stubs, async (system) => {
        await system.startPelican();
        await system.startEmu();
        workbench.say(`audit: filling an index with ${title}`);
        await system.database.copy(rows);
        await untilAllIsIndexed(system, rows);
        await system.database.settle();
        for (let run = 1; run <= runs; run += 1) {
          workbench.say(`audit: ${title}, run ${run} of ${runs}`);
          const before = system.usage();
          const found = await auditOnce(system);
          const after = system.usage();
          if (found.verdict !== 'in step' || found.rows !== rows || found.records !== rows)
            throw new Error(`The audit found: ${JSON.stringify(found)}.`);
          figures.add(`${title}: audit`, 's', found.seconds);
          figures.add(`${title}: pace`, 'rows/s', rows / found.seconds);
          figures.add(`${title}: peak memory`, 'MB', found.peakMegabytes);
          figures.add(`${title}: CPU of the audit`, 's', found.cpuSeconds);
          for (const name of ['postgres', 'index']) {
            const used =
              (after.get(name)?.cpuSeconds ?? NaN) - (before.get(name)?.cpuSeconds ?? NaN);
            figures.add(`${title}: CPU of ${name}`, 's', used);
          }
        }
      });
    }
    return figures.list;
  },
});

if (import.meta.main) await runAlone(audits);
