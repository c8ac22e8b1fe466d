import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from './settings.ts';

export interface ProcessSpec {
  name: string;
  /** TypeScript file, from the checkout's root. */
  script: string;
  environment: Record<string, string>;
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
  /** Called when a process ends that was not told to. */
  readonly #onLoss: (name: string, log: string) => void;

  constructor(onLoss: (name: string, log: string) => void) {
    this.#onLoss = onLoss;
  }

  /** Starts a process. Resolves with the first line it prints, when it listens or has begun. */
  async start(spec: ProcessSpec): Promise<string> {
    const log = join(paths.logs, `${spec.name}.log`);
    const file = createWriteStream(log);
    const child = spawn(process.execPath, [spec.script], {
      cwd: paths.root,
      env: { ...inherited(), ...spec.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const firstLine = Promise.withResolvers<string>();
    child.stdout.once('data', (chunk: Buffer) =>
      firstLine.resolve(chunk.toString().split('\n')[0] ?? ''),
    );
    child.stdout.pipe(file);
    child.stderr.pipe(file, { end: false });
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
    rmSync(paths.processes, { force: true });
  }

  #record(): void {
    const entries: RecordedProcess[] = this.#running.map(({ spec, child }) => ({
      pid: child.pid ?? 0,
      script: spec.script,
    }));
    writeFileSync(
      paths.processes,
      JSON.stringify({ supervisor: process.pid, processes: entries }, null, 2),
    );
  }
}

interface RecordedProcess {
  pid: number;
  script: string;
}

/** Ends what an earlier, killed supervisor left running. @throws Error when that supervisor still runs. */
export function endLeftovers(): void {
  let record: { supervisor: number; processes: RecordedProcess[] };
  try {
    record = JSON.parse(readFileSync(paths.processes, 'utf8')) as typeof record;
  } catch {
    return;
  }
  if (isRunning(record.supervisor, 'dev/main.ts')) {
    throw new Error(
      `Aviary already runs from this checkout (process ${record.supervisor}): stop it with Ctrl-C, or kill ${record.supervisor}.`,
    );
  }
  for (const { pid, script } of record.processes) {
    if (isRunning(pid, script)) process.kill(pid, 'SIGKILL');
  }
  rmSync(paths.processes, { force: true });
}

/** A process id may have been given to another program since: its command line tells. */
function isRunning(pid: number, script: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script);
  } catch {
    // No /proc on this system: the id is all there is to go by.
    return true;
  }
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
