import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineOf } from '../process-table.ts';

export interface ProcessSpec {
  name: string;
  /** TypeScript file, from the root. */
  script: string;
  environment: Record<string, string>;
}

export interface Places {
  /** Where processes run. */
  root: string;
  /** Directory of a log file each. */
  logs: string;
  /** File of the processes that run. */
  processes: string;
}

interface Running {
  spec: ProcessSpec;
  child: ChildProcess;
  exited: Promise<void>;
}

/** How long a process may take to stop before it is killed, in milliseconds. */
const stopMs = 6_000;

/**
 * The processes of the local system. Each runs in a process group of its own, so that Ctrl-C reaches only
 * the supervisor, which stops them in order; each logs to a file of its own. Their ids are on disk, so that
 * the next start ends what a killed supervisor left.
 */
export class Processes {
  readonly #running: Running[] = [];
  #stopping = false;
  readonly #places: Places;
  /** Called when a process ends that was not told to. */
  readonly #onLoss: (name: string, log: string) => void;

  constructor(places: Places, onLoss: (name: string, log: string) => void) {
    this.#places = places;
    this.#onLoss = onLoss;
  }

  /** Starts a process. Resolves with the first line it prints, when it listens or has begun. */
  async start(spec: ProcessSpec): Promise<string> {
    const log = join(this.#places.logs, `${spec.name}.log`);
    // What it writes to stderr goes there by itself, so that the last words of a crash are not lost.
    const file = createWriteStream(log, { fd: openSync(log, 'w') });
    const child = spawn(process.execPath, [spec.script], {
      cwd: this.#places.root,
      env: { ...inherited(), ...spec.environment },
      stdio: ['ignore', 'pipe', file],
      detached: true,
    });
    const firstLine = Promise.withResolvers<string>();
    child.stdout.once('data', (chunk: Buffer) =>
      firstLine.resolve(chunk.toString().split('\n')[0] ?? ''),
    );
    child.stdout.pipe(file);
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
        if (this.#stopping) return;
        firstLine.reject(new Error(`${spec.name} did not start; its log is ${log}`));
        this.#onLoss(spec.name, log);
      });
    });
    firstLine.promise.catch(() => undefined);
    this.#running.push({ spec, child, exited });
    this.#record();
    return firstLine.promise;
  }

  /** Ends everything in reverse order of its start, services of one kind together. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const groups = Map.groupBy(this.#running.reverse(), ({ spec }) => spec.script);
    for (const group of groups.values()) {
      for (const { child } of group) child.kill('SIGTERM');
      const killing = setTimeout(() => {
        for (const { child } of group) child.kill('SIGKILL');
      }, stopMs);
      await Promise.all(group.map(({ exited }) => exited));
      clearTimeout(killing);
    }
    rmSync(this.#places.processes, { force: true });
  }

  /** Ends everything that still runs at once, unsaved work and all. */
  kill(): void {
    this.#stopping = true;
    for (const { child } of this.#running) child.kill('SIGKILL');
    rmSync(this.#places.processes, { force: true });
  }

  #record(): void {
    const entries: RecordedProcess[] = this.#running.map(({ spec, child }) => ({
      pid: child.pid ?? 0,
      script: spec.script,
    }));
    writeFileSync(
      this.#places.processes,
      JSON.stringify({ supervisor: process.pid, processes: entries }, null, 2),
    );
  }
}

interface RecordedProcess {
  pid: number;
  script: string;
}

/**
 * Ends what an earlier, killed supervisor left running.
 *
 * @param recordFile see {@link Places.processes}
 * @throws Error when that supervisor still runs.
 */
export async function endLeftovers(recordFile: string): Promise<void> {
  let record: { supervisor: number; processes: RecordedProcess[] };
  try {
    record = JSON.parse(readFileSync(recordFile, 'utf8')) as typeof record;
  } catch {
    return;
  }
  const { supervisor, processes } = record;
  if (await isRunning(supervisor, 'dev/main.ts')) {
    throw new Error(
      `Aviary already runs from this checkout (process ${supervisor}): stop it with Ctrl-C, or kill ${supervisor}.`,
    );
  }
  for (const { pid, script } of processes) {
    if (await isRunning(pid, script)) process.kill(pid, 'SIGKILL');
  }
  rmSync(recordFile, { force: true });
}

/** A process id may have been given to another program since: its command line tells. */
async function isRunning(pid: number, script: string): Promise<boolean> {
  return (await commandLineOf(pid)).includes(script);
}

/** What a service needs of the shell's environment; its own settings come from the supervisor alone. */
function inherited(): Record<string, string> {
  const names = [
    'PATH',
    'HOME',
    'TMPDIR',
    'LANG',
    'NODE_EXTRA_CA_CERTS',
    'HTTPS_PROXY',
    'NO_PROXY',
  ];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
