import type { Health, Logger } from '@aviary/runtime';
import type { CapturedTable } from './capture/capture.ts';

/** How long a table that can't be read is left alone, in milliseconds. */
const restMs = 15_000;

/** Keeps tables that can't be read for the moment, altered or dropped as they are, from stalling the others. */
export class RestingTables {
  readonly #until = new Map<number, number>();
  readonly #health: Health;
  readonly #logger: Logger;

  constructor(health: Health, logger: Logger) {
    this.#health = health;
    this.#logger = logger;
  }

  failed({ sourceId, index }: CapturedTable, error: Error): void {
    this.#until.set(sourceId, Date.now() + restMs);
    if (this.#health.failed(partOf(index.name), error.message)) {
      this.#logger.error({ event: 'table_unreadable', index: index.name, err: error });
    }
  }

  worked({ sourceId, index }: CapturedTable): void {
    if (!this.#until.delete(sourceId)) return;
    this.#health.ok(partOf(index.name));
    this.#logger.info({ event: 'table_readable', index: index.name });
  }

  /** No table's rows are wanted now: whether they can be read shows when they are. */
  unwanted(tables: ReadonlyMap<number, CapturedTable>): void {
    for (const id of this.#until.keys()) {
      const table = tables.get(id);
      if (table !== undefined) this.#health.withdraw(partOf(table.index.name));
    }
  }

  /** Those whose rest is over, and those that never failed. */
  ready(tables: ReadonlyMap<number, CapturedTable>): ReadonlyMap<number, CapturedTable> {
    if (this.#until.size === 0) return tables;
    const now = Date.now();
    return new Map([...tables].filter(([id]) => (this.#until.get(id) ?? 0) <= now));
  }
}

const partOf = (index: string) => `table of ${index}`;
