import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@aviary/testing';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { commandLineOf } from '../process-table.ts';
import { Processes, endLeftovers, type Places } from './processes.ts';

let places: Places;

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'aviary-dev-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  places = { root, logs: join(root, 'logs'), processes: join(root, 'processes.json') };
  mkdirSync(places.logs);
});

/** Starts a script of this text; `losses` are the names given to the callback. */
function supervise() {
  const losses: string[] = [];
  const lost = Promise.withResolvers<undefined>();
  const processes = new Processes(places, (name) => {
    losses.push(name);
    lost.resolve(undefined);
  });
  onTestFinished(() => {
    processes.kill();
  });
  const start = (name: string, program: string, environment = {}) => {
    writeFileSync(join(places.root, `${name}.ts`), program);
    return processes.start({ name, script: `${name}.ts`, environment });
  };
  return { processes, losses, lost: lost.promise, start };
}

const logOf = (name: string) => readFileSync(join(places.logs, `${name}.log`), 'utf8');
const recorded = () =>
  JSON.parse(readFileSync(places.processes, 'utf8')) as {
    supervisor: number;
    processes: { pid: number; script: string }[];
  };
const untilGone = (pid: number) =>
  waitUntil(async () => (await commandLineOf(pid)) === '', { what: `${pid} is gone` });

/** Announces itself, runs until told to stop, and then says so. */
const polite = `
  process.once('SIGTERM', () => console.log('stopped') ?? process.exit(0));
  console.log('ready with ' + process.env.BIRD);
  setInterval(() => {}, 60_000);`;
const deaf = `process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 60_000);`;

test('a process is started with its environment, logged, recorded and stopped', async () => {
  const { processes, losses, start } = supervise();
  expect(await start('one', polite, { BIRD: 'emu' })).toBe('ready with emu');
  await start('two', polite, { BIRD: 'pelican' });
  expect(recorded()).toMatchObject({
    supervisor: process.pid,
    processes: [{ script: 'one.ts' }, { script: 'two.ts' }],
  });
  await processes.stop();
  // What was printed last comes through pipes.
  await waitUntil(() => ['one', 'two'].every((name) => logOf(name).endsWith('stopped\n')), {
    what: 'the logs are written',
  });
  expect(logOf('one')).toBe('ready with emu\nstopped\n');
  expect(existsSync(places.processes)).toBe(false);
  expect(losses).toEqual([]);
});

test('one that ends by itself is told, with its last words in its log', async () => {
  const { losses, lost, start } = supervise();
  await start('short', `console.log('ready'); setImmediate(() => { throw new Error('oh no'); });`);
  await lost;
  expect(losses).toEqual(['short']);
  expect(logOf('short')).toContain('oh no');
});

test('one that ends before its first line did not start', async () => {
  const { start } = supervise();
  await expect(start('silent', '')).rejects.toThrow(
    /silent did not start; its log is .*silent.log/,
  );
});

test('whatever is left can be ended at once', async () => {
  const { processes, start } = supervise();
  await start('deaf', deaf);
  const pids = recorded().processes.map(({ pid }) => pid);
  processes.kill();
  for (const pid of pids) await untilGone(pid);
  expect(existsSync(places.processes)).toBe(false);
});

test('what a killed supervisor left is ended, a stranger with a recorded id is not', async () => {
  const { start, lost } = supervise();
  await start('deaf', deaf);
  const { processes } = recorded();
  const ended = spawn(process.execPath, ['-e', '']);
  await once(ended, 'exit');
  const record = {
    supervisor: ended.pid,
    processes: [...processes, { pid: process.pid, script: 'another.ts' }],
  };
  writeFileSync(places.processes, JSON.stringify(record));
  await endLeftovers(places.processes);
  await lost;
  expect(existsSync(places.processes)).toBe(false);
  await endLeftovers(places.processes);
});

test('beside a supervisor that still runs nothing is ended', async () => {
  mkdirSync(join(places.root, 'dev'));
  writeFileSync(
    join(places.root, 'dev/main.ts'),
    `console.log('ready'); setInterval(() => {}, 60_000);`,
  );
  const supervisor = spawn(process.execPath, ['dev/main.ts'], { cwd: places.root });
  onTestFinished(() => void supervisor.kill('SIGKILL'));
  await once(supervisor.stdout, 'data');
  const { start, losses } = supervise();
  await start('deaf', deaf);
  writeFileSync(places.processes, JSON.stringify({ ...recorded(), supervisor: supervisor.pid }));
  await expect(endLeftovers(places.processes)).rejects.toThrow(
    `already runs from this checkout (process ${supervisor.pid ?? 0})`,
  );
  expect(losses).toEqual([]);
});
