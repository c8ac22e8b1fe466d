import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { addStrikes, coverageTable, type Strikes } from './coverage.ts';
import { failureReport, isCalm, verdictLine } from './report.ts';
import { storm, type StormResult } from './storm.ts';

const help = `Usage: make storm [SEED=1] [SECONDS=15] [RUNS=1] [PARALLEL=1]

Starts two pelicans and three emus as processes, writes to two tables in every way there is, and lets everything
fail meanwhile: processes are killed and frozen, Postgres restarts, connections break, the queue, the index and
the embedder fail. When the storm is over and nothing is on its way any more, index and tables must be equal.

  SEED      what happens; the same seed gives the same writes and faults, as far as processes run alike
  SECONDS   how long the storm lasts; it takes up to some minutes more until nothing is on its way
  RUNS      storms with the seeds from SEED on
  PARALLEL  storms at once

Exit status 1: the index differs, or something else went wrong. Logs of such storms are kept in .aviary/storm.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '15' },
    runs: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const [seed, seconds, runs, parallel] = (['seed', 'seconds', 'runs', 'parallel'] as const).map(
  (name) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1) return value;
    console.error(`${name.toUpperCase()} is "${values[name]}", and must be a whole number from 1.`);
    process.exit(2);
  },
) as [number, number, number, number];

const logsOf = (ofSeed: number) =>
  join(import.meta.dirname, '../../../.aviary/storm', `seed-${ofSeed}`);

const interrupted = new AbortController();
const isInterrupted = () => interrupted.signal.aborted;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`The storm was ended by ${signal}.`)));
}

process.exit((await (runs === 1 ? one() : many())) ? 0 : 1);

async function one(): Promise<boolean> {
  const onTerminal = process.stderr.isTTY;
  const onProgress = (state: string) => {
    if (onTerminal) process.stderr.write(`\r\u001b[2Kseed ${seed}: ${state}`);
  };
  const result = await storm({
    seed,
    seconds,
    logs: logsOf(seed),
    signal: interrupted.signal,
    onProgress,
  });
  if (onTerminal) process.stderr.write('\r\u001b[2K');
  // As one of many storms its starter tells.
  if (process.send) {
    process.send(result);
    return isCalm(result);
  }
  tell(result);
  return isCalm(result);
}

/** Each storm in a process of its own, which starts and ends clean. */
async function many(): Promise<boolean> {
  const seeds = Array.from({ length: runs }, (_, run) => seed + run);
  const strikes: Strikes = {};
  const failed: number[] = [];
  const worker = async () => {
    for (let next = seeds.shift(); next !== undefined; next = seeds.shift()) {
      if (isInterrupted()) return;
      const child = fork(import.meta.filename, [`--seed=${next}`, `--seconds=${seconds}`]);
      const end = () => child.kill();
      interrupted.signal.addEventListener('abort', end);
      let result: StormResult | undefined;
      child.on('message', (message) => (result = message as StormResult));
      await once(child, 'exit');
      interrupted.signal.removeEventListener('abort', end);
      if (isInterrupted()) return;
      if (result === undefined) {
        console.log(
          `seed ${next}: FAILED; its process ended with ${child.exitCode ?? child.signalCode ?? ''}`,
        );
        failed.push(next);
        continue;
      }
      tell(result);
      addStrikes(strikes, result.strikes);
      if (!isCalm(result)) failed.push(next);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  console.log(`\n${coverageTable(strikes)}\n`);
  console.log(
    failed.length === 0
      ? `${runs} storms, and the index equals the tables after each.`
      : `${failed.length} of ${runs} storms failed: seeds ${failed.join(', ')}.`,
  );
  return failed.length === 0;
}

function tell(result: StormResult): void {
  console.log(verdictLine(result));
  if (isCalm(result)) return;
  const command = `make storm SEED=${result.seed} SECONDS=${seconds}`;
  console.log(failureReport(result, logsOf(result.seed), command));
}
