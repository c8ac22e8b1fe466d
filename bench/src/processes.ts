import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const root = join(import.meta.dirname, '../..');

/** A process that was started here and will be ended here. */
export interface StartedProcess {
  readonly name: string;
  readonly pid: number;
  /** The next line it prints. @throws Error with the end of its log when it ends before, or says nothing for minutes. */
  line(): Promise<string>;
  /** Ends it: SIGTERM, and SIGKILL after ten seconds. @returns its exit code; null when it had to be killed. */
  stop(): Promise<number | null>;
  /** Ends it by SIGKILL, as a crash would. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface ProcessSpec {
  name: string;
  /** From the checkout's root; the first argument where another program than Node runs it. */
  script: string;
  /** Node when absent. */
  program?: string;
  arguments?: string[];
  environment?: Record<string, string>;
}

export interface ProcessesOptions {
  /** Directory for what the processes print. */
  logs: string;
  /** Ends waiting for them. */
  signal: AbortSignal;
  /** Directory for a CPU profile of each, written when it ends; none is made when absent. */
  profiles?: string | undefined;
}

const stopMs = 10_000;
/** Longest silence: loading the SQS stand-in with 100,000 messages takes half a minute on a slow machine. */
const lineMs = 180_000;

const children = new Set<ChildProcess>();
// The last resort, when this process ends without stopping what it started.
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * The processes of one run. Each has a process group of its own, so that Ctrl-C reaches the measurement
 * alone, which ends them in order.
 */
export class Processes {
  readonly #options: ProcessesOptions;
  readonly #running = new Set<StartedProcess>();
  readonly #lost = new AbortController();

  constructor(options: ProcessesOptions) {
    this.#options = options;
  }

  /** Aborts when a process ends by itself. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  start(spec: ProcessSpec): StartedProcess {
    const { name, script, environment = {} } = spec;
    const { logs, signal, profiles } = this.#options;
    const log = join(logs, `${name}.log`);
    const file = createWriteStream(log);
    const profiling =
      profiles === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.cpuprofile`];
    const program = spec.program === undefined ? [process.execPath, ...profiling] : [spec.program];
    const [command = '', ...before] = program;
    const child = spawn(command, [...before, script, ...(spec.arguments ?? [])], {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdout.pipe(file, { end: false });
    child.stderr.pipe(file, { end: false });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    children.add(child);
    const exited = once(child, 'exit').then(([code]: (number | null)[]) => {
      children.delete(child);
      if (this.#running.delete(started) && code !== 0) {
        this.#lost.abort(new Error(`${name} ended unexpectedly; its log ends:\n${endOf(log)}`));
      }
      return code ?? null;
    });
    const started: StartedProcess = {
      name,
      pid: child.pid ?? 0,
      line: async () => {
        const patience = AbortSignal.any([signal, AbortSignal.timeout(lineMs)]);
        const line = await Promise.race([lines.next(), aborted(patience)]);
        if (line?.done === false) return line.value;
        signal.throwIfAborted();
        throw new Error(`${name} said nothing more; its log ends:\n${endOf(log)}`);
      },
      stop: async () => {
        this.#running.delete(started);
        child.kill('SIGTERM');
        const killing = setTimeout(() => child.kill('SIGKILL'), stopMs);
        const code = await exited;
        clearTimeout(killing);
        file.end();
        return code;
      },
      kill: async () => {
        this.#running.delete(started);
        child.kill('SIGKILL');
        await exited;
        file.end();
      },
    };
    this.#running.add(started);
    return started;
  }

  get running(): StartedProcess[] {
    return [...this.#running];
  }

  /** Ends all, the latest first. */
  async stop(): Promise<void> {
    for (const started of this.running.reverse()) await started.stop();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function endOf(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
}
