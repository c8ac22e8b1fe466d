import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Counter, Gauge, type Logger, type Part, type Registry } from '@aviary/runtime';
import { loadSemanticIndexes, type SemanticIndex } from '@aviary/semantic-index';

export interface SpecFilesOptions {
  /** Files, and directories of such. */
  paths: readonly string[];
  /** Told of all specs when they have changed. */
  onChange: (specs: SemanticIndex[]) => void;
  logger: Logger;
  metrics: Registry;
  /** Pause between two looks, in milliseconds. */
  everyMs?: number;
}

/**
 * Reads SemanticIndexes from files, and again whenever these change, as a mounted ConfigMap does. They are looked at
 * rather than watched: a ConfigMap changes by a link, which is not an event of its files. What is faulty changes
 * nothing: the specs last read stay, until the files are right.
 */
export class SpecFiles implements Part {
  readonly name = 'specs';
  readonly #options: SpecFilesOptions;
  readonly #reads: Counter<'outcome'>;
  #seen: string;
  #isFaulty = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SpecFilesOptions) {
    this.#options = options;
    const registers = [options.metrics];
    this.#reads = new Counter({
      name: 'aviary_frontend_spec_reads_total',
      help: 'How often changed specs were read, and whether they were right.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['applied', 'refused']) this.#reads.inc({ outcome }, 0);
    const isFaulty = () => this.#isFaulty;
    new Gauge({
      name: 'aviary_frontend_specs_faulty',
      help: '1 while the specs are faulty, and those last read are kept.',
      registers,
      collect() {
        this.set(isFaulty() ? 1 : 0);
      },
    });
    this.#seen = this.#print();
  }

  /** Reads them for the first time. @throws SpecError that lists every fault. */
  read(): void {
    this.#options.onChange(this.#load());
  }

  start(): Promise<void> {
    this.#timer = setInterval(() => this.look(), this.#options.everyMs ?? 2_000);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }

  /** Reads them again if they have changed. */
  look(): void {
    const print = this.#print();
    if (print === this.#seen) return;
    this.#seen = print;
    const { logger, onChange } = this.#options;
    try {
      const specs = this.#load();
      onChange(specs);
      this.#isFaulty = false;
      this.#reads.inc({ outcome: 'applied' });
      logger.info({ event: 'specs_read', indexes: specs.map(({ name }) => name) });
    } catch (err) {
      this.#isFaulty = true;
      this.#reads.inc({ outcome: 'refused' });
      logger.warn({ event: 'specs_faulty', err });
    }
  }

  #load(): SemanticIndex[] {
    return loadSemanticIndexes(this.#options.paths, { mayBeEmpty: true });
  }

  /** Another one after each change: of 200 files it takes some 2 ms. */
  #print(): string {
    return this.#options.paths
      .flatMap((path) => [path, ...entriesOf(path).map((entry) => join(path, entry))])
      .map((file) => `${file} ${printOf(file)}`)
      .join('\n');
  }
}

/** What cannot be looked at is for the one who reads it to tell. */
function printOf(file: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(file);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** Of a directory; nothing is in a file, nor in what is gone meanwhile. */
function entriesOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
