import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alreadyExists, forbidden, notFound } from './api-error.ts';
import { StoredIndex, type IndexDefinition, type OnWrite } from './stored-index.ts';

/** The indexes there are: one file of definitions and one log an index in `dataDir`, or memory alone. */
export class IndexCatalog {
  readonly #dataDir: string | undefined;
  readonly #consistencyDelayMs: () => number;
  readonly #onWrite: OnWrite;
  readonly #indexes = new Map<string, StoredIndex>();

  constructor(options: {
    dataDir: string | undefined;
    consistencyDelayMs: () => number;
    onWrite: OnWrite;
  }) {
    this.#dataDir = options.dataDir;
    this.#onWrite = options.onWrite;
    this.#consistencyDelayMs = options.consistencyDelayMs;
    if (this.#dataDir === undefined) return;
    mkdirSync(this.#dataDir, { recursive: true });
    for (const definition of readDefinitions(this.#dataDir)) this.#open(definition);
  }

  get(name: string): StoredIndex {
    const index = this.#indexes.get(name);
    if (!index) throw notFound(`There is no index ${name}.`);
    return index;
  }

  list(): StoredIndex[] {
    return [...this.#indexes.values()];
  }

  create(definition: IndexDefinition): StoredIndex {
    if (this.#indexes.has(definition.name)) {
      throw alreadyExists(`An index ${definition.name} exists already.`);
    }
    // An earlier index of this name may have died between its definition and its log.
    this.#removeLog(definition.name);
    const index = this.#open(definition);
    this.#save();
    return index;
  }

  protect(name: string, protectedFromDeletion: boolean): StoredIndex {
    const index = this.get(name);
    index.definition.protectedFromDeletion = protectedFromDeletion;
    this.#save();
    return index;
  }

  delete(name: string): void {
    const index = this.get(name);
    if (index.definition.protectedFromDeletion === true) {
      throw forbidden(
        `The index ${name} is protected from deletion: configure it otherwise first.`,
      );
    }
    index.close();
    this.#indexes.delete(name);
    this.#save();
    this.#removeLog(name);
  }

  close(): void {
    for (const index of this.#indexes.values()) index.close();
  }

  #open(definition: IndexDefinition): StoredIndex {
    const index = new StoredIndex(definition, {
      logPath: this.#logPath(definition.name),
      consistencyDelayMs: this.#consistencyDelayMs,
      onWrite: this.#onWrite,
    });
    this.#indexes.set(definition.name, index);
    return index;
  }

  #logPath(name: string): string | undefined {
    return this.#dataDir === undefined ? undefined : join(this.#dataDir, `${name}.log`);
  }

  #removeLog(name: string): void {
    const path = this.#logPath(name);
    if (path !== undefined) rmSync(path, { force: true });
  }

  #save(): void {
    if (this.#dataDir === undefined) return;
    const path = join(this.#dataDir, 'indexes.json');
    const definitions = this.list().map((index) => index.definition);
    writeFileSync(`${path}.new`, JSON.stringify(definitions, undefined, 2));
    renameSync(`${path}.new`, path);
  }
}

function readDefinitions(dataDir: string): IndexDefinition[] {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'indexes.json'), 'utf8')) as IndexDefinition[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
