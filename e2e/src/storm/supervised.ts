import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PartHealth } from '@aviary/runtime';
import {
  armingVariable,
  calmFileVariable,
  strikePrefix,
  type Arming,
  type FaultSignal,
} from './fault-points.ts';

const root = join(import.meta.dirname, '../../..');
const preload = import.meta.resolve('./arm.ts');

export interface SupervisedOptions {
  /** Its name in the timeline, and of its log. */
  name: string;
  script: string;
  environment: Record<string, string>;
  logFile: string;
  /** What the next process of this place does to itself; undefined: nothing. */
  nextArming: () => Arming | undefined;
  /** Once it is there, nothing strikes. */
  calmFile: string;
  /** How long it is away before its restart, in milliseconds. */
  nextPauseMs: () => number;
  /** A point was passed, and the signal is about to strike. */
  onStrike: (point: string, signal: FaultSignal) => void;
  note: (what: string) => void;
}

/** A process that is started again when it ends, as Kubernetes would, until it is closed. */
export class Supervised {
  readonly name: string;
  /** Ends that no signal explains, and how often there were such. */
  readonly unexplained = new Map<string, number>();
  starts = 0;
  readonly #options: SupervisedOptions;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #sent: NodeJS.Signals[] = [];
  #restart: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: SupervisedOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  start(): void {
    const { script, environment, nextArming, calmFile, note } = this.#options;
    const arming = nextArming();
    const armed = arming === undefined ? '' : JSON.stringify(arming);
    this.starts += 1;
    this.#sent = [];
    const child = spawn(process.execPath, ['--import', preload, script], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        ...environment,
        [armingVariable]: armed,
        [calmFileVariable]: calmFile,
      },
      // Its standard input closes when the storm's process dies, however that may be.
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    note(`${this.name} starts as ${child.pid ?? 0}${armed && `, armed with ${armed}`}`);
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => this.#read(line));
    this.#ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#afterEnd(code, signal);
        resolve();
      });
    });
  }

  /** @returns whether there was a process to take it. */
  send(signal: NodeJS.Signals): boolean {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return false;
    this.#sent.push(signal);
    this.#options.note(`${this.name} is sent ${signal}`);
    return child.kill(signal);
  }

  /** What it says is not well; undefined when all that it works with is. */
  async unwell(): Promise<string | undefined> {
    const port = this.#options.environment.ADMIN_PORT ?? '';
    try {
      const signal = AbortSignal.timeout(2_000);
      const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal });
      if (response.ok) return undefined;
      const { parts } = (await response.json()) as { parts: Record<string, PartHealth> };
      const failing = Object.entries(parts).filter(([, { ok }]) => !ok);
      return failing.map(([part, { reason }]) => `${part}: ${reason ?? ''}`).join('; ');
    } catch {
      return 'no answer';
    }
  }

  /** Ends it for good, by SIGTERM, and by SIGKILL when that takes longer than its grace. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    this.send('SIGCONT');
    this.send('SIGTERM');
    const kill = setTimeout(() => {
      this.#cannotExplain(`did not end within ${graceMs} ms of SIGTERM`);
      this.send('SIGKILL');
    }, graceMs);
    await this.#ended;
    clearTimeout(kill);
    await new Promise((resolve) => this.#log.end(resolve));
  }

  #read(line: string): void {
    this.#log.write(`${line}\n`);
    if (!line.startsWith(strikePrefix)) return;
    const [point = '', signal] = line.slice(strikePrefix.length).split(' ');
    this.#sent.push(signal as FaultSignal);
    this.#options.note(`${this.name} strikes itself with ${signal ?? ''} at ${point}`);
    this.#options.onStrike(point, signal as FaultSignal);
  }

  #afterEnd(code: number | null, signal: NodeJS.Signals | null): void {
    const { note, nextPauseMs } = this.#options;
    note(`${this.name} has ended, ${signal ?? `code ${code ?? ''}`}`);
    const terms = this.#sent.filter((sent) => sent === 'SIGTERM').length;
    const explained =
      (signal !== null && this.#sent.includes(signal)) ||
      (code === 0 && terms > 0) ||
      // What the lifecycle promises of a second signal.
      (code === 130 && terms > 1) ||
      // Its grace went by while it was frozen.
      (code === 1 && terms > 0 && this.#sent.includes('SIGSTOP'));
    if (!explained) this.#cannotExplain(`ended with ${signal ?? `code ${code ?? ''}`}`);
    if (!this.#closing) this.#restart = setTimeout(() => this.start(), nextPauseMs());
  }

  #cannotExplain(what: string): void {
    this.unexplained.set(what, (this.unexplained.get(what) ?? 0) + 1);
  }
}
