import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { help, readCommandLine, type Order } from './command-line.ts';
import { devTarget } from './dev-target.ts';
import { kubernetesTarget } from './kubernetes-target.ts';
import { profiles, type Profile } from './profiles.ts';
import { Progress, verdictLines } from './progress.ts';
import { reportFiles } from './report/report-files.ts';
import { resultSchema, type Result } from './result.ts';
import { runLoadTest } from './run.ts';
import { readyVisitors } from './visitors.ts';

/** `make loadtest`: `--help` says how. */

const exits = { passed: 0, failed: 1, impossible: 2, interrupted: 130 };
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Again: no effect, since everything that stops is bounded in time.
  process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
}

try {
  const order = readCommandLine(process.argv.slice(2));
  if (order === 'help') process.stdout.write(help);
  else process.exitCode = (await carryOut(order)) ? exits.passed : exits.failed;
} catch (error) {
  const isStopped = stopping.signal.aborted;
  const { message } = (isStopped ? stopping.signal.reason : error) as Error;
  process.stderr.write(`loadtest: ${message}\n`);
  process.exitCode = isStopped ? exits.interrupted : exits.impossible;
}

async function carryOut(order: Order): Promise<boolean> {
  const planned: Profile = profiles[order.profile];
  const profile = { ...planned, name: order.profile, rows: order.rows ?? planned.rows };
  const visitors = order.k6 === 'none' ? undefined : await readyVisitors(profile, order.k6);
  const progress = new Progress();
  await using target =
    order.target === 'dev'
      ? await devTarget(order.page ?? 'http://127.0.0.1:8080')
      : await kubernetesTarget(order.page);
  try {
    const result = await runLoadTest({
      name: order.name,
      profile,
      target,
      visitors,
      notes: order.notes,
      signal: stopping.signal,
      onProgress: (...news) => progress.say(...news),
    });
    progress.end();
    const files = await write(resultSchema.parse(result), order.out);
    process.stdout.write(`${verdictLines(result)}\n${files.join('\n')}\n`);
    return result.verdict.passed;
  } finally {
    progress.end();
  }
}

/** @returns the files' paths */
async function write(result: Result, out: string | undefined): Promise<string[]> {
  const directory = resolve(out ?? join(import.meta.dirname, '../../.aviary/loadtest'));
  await mkdir(directory, { recursive: true });
  const contents = { json: `${JSON.stringify(result)}\n`, ...reportFiles(result) };
  const written: string[] = [];
  for (const [ending, text] of Object.entries(contents)) {
    const file = join(directory, `${result.name}.${ending}`);
    await writeFile(file, text);
    written.push(file);
  }
  return written;
}
