import { runAlone } from './command-line.ts';
import { Figures } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import type { QueueLoad } from './queue-load.ts';
import { System, usualStubs } from './system.ts';
import { until, type Workbench } from './workbench.ts';

const group = (rows: number) => `${rows.toLocaleString('en')} rows`;

/** The whole way of a COPY, with one pelican and one emu. @returns rows/s from its commit to the last upsert. */
async function measureWhole(workbench: Workbench, figures: Figures, rows: number): Promise<number> {
  return System.with(workbench, usualStubs, async (system) => {
    await system.startPelican();
    await system.startEmu();
    const sqsBefore = await system.sqsCounts();
    const usageBefore = system.usage();
    await system.database.copy(rows);
    const committedAt = Date.now();
    await system.untilIndexed(rows);
    const index = await system.indexCounts();
    await untilQueueEmpty(system);
    const usage = system.usage();
    const embedder = await system.embedderCounts();
    const sqs = await system.sqsCounts();

    const add = (what: string, unit: string, value: number) =>
      figures.add(`${group(rows)}: ${what}`, unit, value);
    const perSecond = (rows / (index.lastAnsweredAt - committedAt)) * 1_000;
    add('table → index', 'rows/s', perSecond);
    add('embeddings', 'per row', embedder.inputs / rows);
    add('embedding requests', 'per row', embedder.requests / rows);
    for (const action of ['SendMessageBatch', 'ReceiveMessage', 'DeleteMessageBatch']) {
      add(`SQS ${action}`, 'per row', ((sqs[action] ?? 0) - (sqsBefore[action] ?? 0)) / rows);
    }
    add('SQS calls', 'per row', (sum(sqs) - sum(sqsBefore)) / rows);
    add('index calls', 'per row', sum(index.requests) / rows);
    for (const [name, { cpuSeconds, peakMegabytes }] of usage) {
      const before = usageBefore.get(name)?.cpuSeconds;
      if (cpuSeconds !== undefined && before !== undefined)
        add(`CPU of ${name}`, 'ms/row', ((cpuSeconds - before) * 1_000) / rows);
      if (peakMegabytes !== undefined) add(`peak memory of ${name}`, 'MB', peakMegabytes);
    }
    return perSecond;
  });
}

/** Pelican with no emu about, then emu with pelican at rest. @returns rows/s of each. */
async function measureStages(workbench: Workbench, rows: number) {
  return System.with(workbench, usualStubs, async (system) => {
    const pelican = await system.startPelican();
    await system.database.copy(rows);
    const committedAt = performance.now();
    await until(
      `pelican has published ${rows} rows`,
      async () => Number((await pelican.status()).published) >= rows,
      { signal: system.signal, seconds: 30 + rows / 100, everyMs: 25 },
    );
    const publishing = (performance.now() - committedAt) / 1_000;
    await pelican.stop();
    const emuStartedAt = Date.now();
    await system.startEmu();
    await system.untilIndexed(rows);
    const { lastAnsweredAt } = await system.indexCounts();
    return {
      published: rows / publishing,
      indexed: (rows / (lastAnsweredAt - emuStartedAt)) * 1_000,
    };
  });
}

/** What the SQS stand-in takes from the bare SDK, in rows/s. */
async function measureQueue(workbench: Workbench, rows: number) {
  const beginOn = (system: System) => async (action: 'send' | 'drain') => {
    const load = system.processes.start({
      name: action,
      script: 'bench/src/queue-load.ts',
      arguments: [action, '--messages', String(rows)],
      environment: system.environment,
    });
    await load.line();
    return async () => JSON.parse(await load.line()) as QueueLoad;
  };
  const warmRate = ({ warmAt, endedAt }: QueueLoad) => (rows * 0.9 * 1_000) / (endedAt - warmAt);

  const apart = await System.with(workbench, usualStubs, async (system) => {
    const begin = beginOn(system);
    const sent = await (await begin('send'))();
    const drained = await (await begin('drain'))();
    return { send: warmRate(sent), drain: warmRate(drained) };
  });
  // On another queue: polls that the drain left open would take messages with them.
  const both = await System.with(workbench, usualStubs, async (system) => {
    const begin = beginOn(system);
    const draining = await begin('drain');
    const sending = await begin('send');
    const { startedAt } = await sending();
    const { endedAt } = await draining();
    return (rows * 1_000) / (endedAt - startedAt);
  });
  return { ...apart, both };
}

async function untilQueueEmpty(system: System): Promise<void> {
  let deletions = -1;
  await until(
    'emu has deleted what it has done',
    async () => {
      const before = deletions;
      deletions = (await system.sqsCounts()).DeleteMessageBatch ?? 0;
      return deletions === before;
    },
    { signal: system.signal, seconds: 30, everyMs: 100 },
  );
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

export const throughput = defineMeasurement({
  name: 'throughput',
  summary: 'Rows per second from table to index, and what a row costs on its way.',
  options: {
    rows: { default: [10_000, 100_000], quick: [2_000], help: 'rows of a load' },
    runs: { default: 3, quick: 1, help: 'runs of each load' },
  },
  async measure(workbench, settings) {
    const figures = new Figures();
    for (let run = 1; run <= settings.runs; run += 1) {
      for (const rows of settings.rows) {
        workbench.say(`throughput: ${group(rows)}, run ${run} of ${settings.runs}`);
        const limit = await measureQueue(workbench, rows);
        const whole = await measureWhole(workbench, figures, rows);
        const stages = await measureStages(workbench, rows);
        const add = (what: string, unit: string, value: number) =>
          figures.add(`${group(rows)}: ${what}`, unit, value);
        add('table → queue, pelican alone', 'rows/s', stages.published);
        add('queue → index, emu alone (its start included)', 'rows/s', stages.indexed);
        add('SQS stand-in: send', 'rows/s', limit.send);
        add('SQS stand-in: receive + delete', 'rows/s', limit.drain);
        add('SQS stand-in: both at once', 'rows/s', limit.both);
        add('table → index / both at once', 'ratio', whole / limit.both);
        add('table → index / receive + delete', 'ratio', whole / limit.drain);
        add('table → queue / send', 'ratio', stages.published / limit.send);
      }
    }
    return figures.list;
  },
});

if (import.meta.main) await runAlone(throughput);
