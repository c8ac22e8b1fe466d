import { createQueueClient, Queue } from '@aviary/queue';
import { setTimeout as delay } from 'node:timers/promises';
import { runAlone } from './command-line.ts';
import { Figures } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import { usageOf } from './process-usage.ts';
import { System, type Service, type SystemOptions } from './system.ts';
import { until, type Workbench } from './workbench.ts';

/** Half a second a request: emu gets on at a fraction of what it receives. */
const slowIndex: SystemOptions = { embedder: { baseMs: 30, perTextMs: 0.2 }, indexMs: 500 };

/** Messages of one sending process, which prints nothing until all are sent. */
const sentAtOnce = 100_000;

const peakOf = ({ pid }: Service) => usageOf(pid)?.peakMegabytes ?? Number.NaN;

/** An emu and a backlog of so many messages; 0: an idle emu. @returns its peak memory after `seconds`. */
async function backlog(
  workbench: Workbench,
  messages: number,
  seconds: number,
): Promise<{ emu: number; sqs: number }> {
  return System.with(workbench, slowIndex, async (system) => {
    for (let first = 0; first < messages; first += sentAtOnce) {
      const load = system.processes.start({
        name: 'send',
        script: 'bench/src/queue-load.ts',
        arguments: [
          'send',
          `--messages=${Math.min(sentAtOnce, messages - first)}`,
          `--first=${first}`,
        ],
        environment: system.environment,
      });
      await load.line();
      await load.line();
    }
    const emu = await system.startEmu();
    await delay(seconds * 1_000, undefined, { signal: system.signal });
    return { emu: peakOf(emu), sqs: system.usage().get('sqs')?.peakMegabytes ?? Number.NaN };
  });
}

/** Rows of a megabyte of text, and some whose metadata is as large, from the table to the index. */
async function largeRows(workbench: Workbench, rows: number, unfit: number) {
  return System.with(workbench, slowIndex, async (system) => {
    const pelican = await system.startPelican();
    const emu = await system.startEmu();
    const idle = { pelican: peakOf(pelican), emu: peakOf(emu) };
    // Prose, so that it counts as tokens like prose; compressed in the table, a megabyte once read.
    await system.database.client.query(
      `insert into products_with_increment (name, sku, description, price)
       select 'large ' || n, 'sku',
         repeat('A sturdy kettle for long evenings, number ' || n || ', made to be repaired. ', 15000), 1
       from generate_series(1, $1) n`,
      [rows],
    );
    await system.database.client.query(
      `insert into products_with_increment (name, sku, description, price)
       select 'unfit ' || n, repeat('x', 1048576), 'short', 1 from generate_series(1, $1) n`,
      [unfit],
    );
    await system.untilIndexed(rows);
    const client = createQueueClient({
      region: 'us-east-1',
      endpoint: system.environment.AWS_ENDPOINT_URL_SQS,
    });
    const letters = new Queue(client, system.environment.DEAD_LETTER_QUEUE_URL ?? '');
    await until(
      'the unfit rows are dead letters',
      async () => (await letters.depth()).visible >= unfit,
      {
        signal: system.signal,
        seconds: 60,
      },
    );
    const { visible } = await letters.depth();
    client.destroy();
    return {
      idle,
      pelican: peakOf(pelican),
      emu: peakOf(emu),
      indexed: (await system.indexCounts()).ids,
      deadLetters: visible,
    };
  });
}

/** Changes that wait in Postgres while the queue is away. */
async function queueAway(workbench: Workbench, rows: number, seconds: number) {
  return System.with(workbench, slowIndex, async (system) => {
    const pelican = await system.startPelican();
    const idle = peakOf(pelican);
    const sqs = system.environment.AWS_ENDPOINT_URL_SQS ?? '';
    const setFaults = (faults: object) =>
      fetch(new URL('/_faults', sqs), { method: 'PUT', body: JSON.stringify(faults) });
    await setFaults({ latencyMs: 600_000 });
    await system.database.copy(rows);
    await delay(seconds * 1_000, undefined, { signal: system.signal });
    const away = peakOf(pelican);
    await setFaults({});
    await until(
      `pelican has published ${rows} rows`,
      async () => Number((await pelican.status()).published) >= rows,
      { signal: system.signal, seconds: 120, everyMs: 100 },
    );
    return { idle, away, after: peakOf(pelican) };
  });
}

export const overload = defineMeasurement({
  name: 'overload',
  summary: 'Peak memory of pelican and emu with more to do than they can.',
  options: {
    backlog: { default: [10_000, 200_000], quick: [2_000], help: 'messages in the queue' },
    seconds: { default: 15, quick: 5, help: 'of emu at each backlog, and of the queue being away' },
    large: { default: 500, quick: 40, help: 'rows of 1 MB of text' },
    waiting: { default: 200_000, quick: 5_000, help: 'changes while the queue is away' },
  },
  async measure(workbench, { backlog: backlogs, seconds, large, waiting }) {
    const figures = new Figures();
    const add = (title: string, unit: string, value: number) => {
      figures.add(title, unit, value);
      workbench.say(`overload: ${title}: ${Math.round(value)} ${unit}`);
    };
    add('emu, idle', 'MB', (await backlog(workbench, 0, seconds)).emu);
    for (const messages of backlogs) {
      const title = `${messages.toLocaleString('en')} messages, index of 500 ms`;
      workbench.say(`overload: ${title}`);
      const { emu, sqs } = await backlog(workbench, messages, seconds);
      add(`${title}: emu`, 'MB', emu);
      add(`${title}: SQS stand-in`, 'MB', sqs);
    }
    const unfit = Math.ceil(large / 50);
    const rows = `${large.toLocaleString('en')} rows of 1 MB`;
    workbench.say(`overload: ${rows}`);
    const outcome = await largeRows(workbench, large, unfit);
    add('pelican, idle', 'MB', outcome.idle.pelican);
    add(`${rows}: pelican`, 'MB', outcome.pelican);
    add(`${rows}: emu`, 'MB', outcome.emu);
    add(`${rows}: indexed`, 'rows', outcome.indexed);
    add(`${unfit} rows with 1 MB of metadata: dead letters`, '', outcome.deadLetters);
    const changes = `${waiting.toLocaleString('en')} changes, queue away`;
    workbench.say(`overload: ${changes}`);
    const { away, after } = await queueAway(workbench, waiting, seconds);
    add(`${changes}: pelican meanwhile`, 'MB', away);
    add(`${changes}: pelican when all are published`, 'MB', after);
    return figures.list;
  },
});

if (import.meta.main) await runAlone(overload);
