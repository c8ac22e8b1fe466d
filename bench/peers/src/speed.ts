import { answerTimes, edit } from '../../src/freshness.ts';
import { quantile } from '../../src/figures.ts';
import { System, usualStubs } from '../../src/system.ts';
import { until, type Workbench } from '../../src/workbench.ts';
import type { Comparison } from './comparison.ts';
import type { Assembled, Peer } from './peer.ts';

/** Rows of the load that every peer gets, and of the one that only those get who handle several at once. */
export interface SpeedSizes {
  /** Rows that go into the queue before any are counted. */
  warming: number;
  few: number;
  many: number;
  seconds: number;
}

type Add = (what: string, unit: string, value: number) => void;

/** How fast a peer is, on a database of its own. */
export async function measureSpeed(
  workbench: Workbench,
  peer: Peer,
  comparison: Comparison,
  { warming, few, many, seconds }: SpeedSizes,
): Promise<void> {
  const add: Add = (what, unit, value) => comparison.add(peer.name, what, unit, value);
  await System.with(workbench, usualStubs, async (system) => {
    const place = { system, directory: workbench.directory(peer.name), aim: 'rate' as const };
    const parts = await peer.assemble(place);
    await parts.reader.start();
    let rows = 0;
    if (parts.queued !== undefined) {
      // Java compiles what is used much while it runs.
      await fillQueue(system, parts, warming, 0);
      const perSecond = await fillQueue(system, parts, many, warming);
      add(`table → queue, ${count(many)} rows`, 'rows/s', perSecond);
      rows = warming + many;
    }
    await parts.writer.start();
    await system.untilIndexed(rows);

    const load = async (more: number) => {
      rows += more;
      const seconds = await system.database.copy(more);
      const committedAt = Date.now();
      await system.untilIndexed(rows);
      const { lastAnsweredAt } = await system.indexCounts();
      add(
        `table → index, ${count(more)} rows`,
        'rows/s',
        (more * 1_000) / (lastAnsweredAt - committedAt),
      );
      return seconds;
    };
    await load(few);
    if (peer.isSequential !== true) {
      const embedded = (await system.embedderCounts()).inputs;
      const cpu = cpuSeconds(system, parts);
      const seconds = await load(many);
      add('embeddings', 'per row', ((await system.embedderCounts()).inputs - embedded) / many);
      add('CPU of its processes', 'ms/row', ((cpuSeconds(system, parts) - cpu) * 1_000) / many);
      add(`COPY of ${count(many)} rows, beside its work`, 's', seconds);
    }
    const times = await freshness(system, rows, seconds);
    add('commit → searchable at 5 edits/s: p50', 'ms', quantile(times, 0.5));
    add('commit → searchable at 5 edits/s: p99', 'ms', quantile(times, 0.99));
    const peaks = usages(system, parts).map(({ peakMegabytes = NaN }) => peakMegabytes);
    add(
      'peak memory of its processes',
      'MB',
      peaks.reduce((sum, peak) => sum + peak, 0),
    );
  });
}

const count = (rows: number) => rows.toLocaleString('en');

/** @returns rows/s from the commit of a COPY until all are in the queue. */
async function fillQueue(
  system: System,
  { queued }: Assembled,
  rows: number,
  before: number,
): Promise<number> {
  await system.database.copy(rows);
  const committedAt = performance.now();
  const isFull = async () => ((await queued?.()) ?? 0) >= before + rows;
  await until(`${rows} rows more are in the queue`, isFull, {
    signal: system.signal,
    seconds: 30 + rows / 50,
    everyMs: 25,
  });
  return (rows * 1_000) / (performance.now() - committedAt);
}

/** @returns of each edit, milliseconds from its commit to the index's answer. */
async function freshness(system: System, rows: number, seconds: number): Promise<number[]> {
  await system.forgetIndexLog();
  const edits = await edit(system, { rows, perSecond: 5, seconds });
  let answered: (number | undefined)[] = [];
  await until(
    `all ${edits.length} edits are in the index`,
    async () => {
      answered = answerTimes(edits, await system.indexLog());
      return answered.every((at) => at !== undefined);
    },
    { signal: system.signal, seconds: 30, everyMs: 250 },
  );
  return edits.map(({ committedAt }, i) => (answered[i] ?? NaN) - committedAt);
}

const usages = (system: System, { processes }: Assembled) => {
  const all = system.usage();
  return processes.map((name) => all.get(name) ?? {});
};

const cpuSeconds = (system: System, parts: Assembled) =>
  usages(system, parts).reduce((sum, { cpuSeconds: own = NaN }) => sum + own, 0);
