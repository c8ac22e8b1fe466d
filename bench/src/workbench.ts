import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres, type LocalPostgres } from '@aviary/local/postgres';
import { BenchDatabase } from './database.ts';
import { root } from './processes.ts';

/** On the checkout's own disk, since a temporary directory may be in memory, where syncing costs nothing. */
const place = join(root, 'node_modules/.cache/aviary-bench');

/** Few checkpoints, so that they fall into no run; all else, fsync too, is as Postgres comes. */
const settings = { shared_buffers: '256MB', max_wal_size: '4GB', checkpoint_timeout: '30min' };

/** What all measurements share: one Postgres, a place for files, the signal that ends everything. */
export class Workbench {
  readonly logs = join(place, 'logs');
  readonly profiles = join(place, 'profiles');
  readonly signal: AbortSignal;
  readonly #postgres: LocalPostgres;
  #databases = 0;

  private constructor(postgres: LocalPostgres, signal: AbortSignal) {
    this.#postgres = postgres;
    this.signal = signal;
  }

  /** @param more settings of Postgres that the measurement needs */
  static async open(signal: AbortSignal, more: Record<string, string> = {}): Promise<Workbench> {
    const postgres = await startPostgres({
      dataDir: join(place, 'postgres'),
      settings: { ...settings, ...more },
    });
    const workbench = new Workbench(postgres, signal);
    mkdirSync(workbench.logs, { recursive: true });
    return workbench;
  }

  get postgresPid(): number {
    return this.#postgres.pid;
  }

  /** A new database with the empty table. */
  database(): Promise<BenchDatabase> {
    this.#databases += 1;
    return BenchDatabase.create(this.#postgres.url, `bench_${this.#databases}`);
  }

  /** A new directory, which goes with the workbench. */
  directory(name: string): string {
    return mkdtempSync(join(place, `${name}-`));
  }

  /** Says on standard error what is being done. */
  say(text: string): void {
    process.stderr.write(`${new Date().toTimeString().slice(0, 8)}  ${text}\n`);
  }

  async close(): Promise<void> {
    const { dataDir } = this.#postgres;
    await this.#postgres.close();
    rmSync(dataDir, { recursive: true, force: true });
    rmSync(place, { recursive: true, force: true });
  }
}

/**
 * Asks until the answer is yes.
 *
 * @throws Error that names what was waited for, after `seconds`; the signal's reason.
 */
export async function until(
  what: string,
  question: () => Promise<boolean>,
  options: { signal: AbortSignal; seconds: number; everyMs?: number },
): Promise<void> {
  const end = performance.now() + options.seconds * 1_000;
  while (!(await question())) {
    options.signal.throwIfAborted();
    if (performance.now() > end) {
      throw new Error(
        `Waited ${options.seconds} s for: ${what}. That is far longer than it takes.`,
      );
    }
    await delay(options.everyMs ?? 50, undefined, { signal: options.signal });
  }
}
