import { setTimeout as delay } from 'node:timers/promises';
import { System, usualStubs } from '../../src/system.ts';
import type { Workbench } from '../../src/workbench.ts';
import type { Comparison } from './comparison.ts';
import { differing, ReadableIndex } from './index-contents.ts';
import type { Assembled, Peer } from './peer.ts';

const rows = 500;
/** As many as were counted when the design that Aviary began with was measured. */
const lossEdits = 230;
const awayMs = 4_500;

/** What becomes of price edits, deletes, and changes around a crash; the index here keeps its records. */
export async function measureChanges(
  workbench: Workbench,
  peer: Peer,
  comparison: Comparison,
): Promise<void> {
  const options = { ...usualStubs, keepsRecords: true } as const;
  await System.with(workbench, options, async (system) => {
    const directory = workbench.directory(peer.name);
    const parts = await peer.assemble({ system, directory, aim: 'order' });
    const run = new Run(system, parts, await ReadableIndex.of(system));
    const add = (what: string, unit: string, value: number) =>
      comparison.add(peer.name, what, unit, value);
    await run.begin();
    add('embeddings for 100 price edits', '', await run.embeddingsOfPriceEdits(100));
    add('rows deleted of 100 that stay in the index', '', await run.deletesMissed(100));
    add('changes lost of 230 made while its reader was killed', '', await run.lossWhileAway());
    add('rows wrong of 50 after its writer was killed', '', await run.staleAfterKill());
  });
}

const isAny = () => true;

class Run {
  readonly #system: System;
  readonly #parts: Assembled;
  readonly #index: ReadableIndex;
  /** Each edit sets its own price, above those the rows begin with. */
  #price = 1_000_000;

  constructor(system: System, parts: Assembled, index: ReadableIndex) {
    this.#system = system;
    this.#parts = parts;
    this.#index = index;
  }

  async begin(): Promise<void> {
    const { reader, writer } = this.#parts;
    await reader.start();
    await writer.start();
    await this.#system.database.copy(rows);
    const missing = await this.#settle(isAny, 60);
    if (missing > 0) throw new Error(`${missing} of ${rows} rows did not come into the index.`);
  }

  async embeddingsOfPriceEdits(edits: number): Promise<number> {
    const before = (await this.#system.embedderCounts()).inputs;
    for (let id = 1; id <= edits; id += 1) await this.#edit(id, 'price');
    await this.#settle((id) => id <= edits);
    return (await this.#system.embedderCounts()).inputs - before;
  }

  /** Deletes the last rows. @returns how many the index still has. */
  async deletesMissed(count: number): Promise<number> {
    await this.#system.database.client.query('delete from products_with_increment where id > $1', [
      rows - count,
    ]);
    return this.#settle((id) => id > rows - count);
  }

  /** The reader is killed, rows are edited for 4.5 s, then it is started again. */
  async lossWhileAway(): Promise<number> {
    const { reader } = this.#parts;
    await reader.kill();
    await this.#editEvenly(lossEdits, awayMs, (nth) => 1 + nth);
    await reader.start();
    return this.#settle((id) => id <= lossEdits);
  }

  /** 50 rows are edited twice within two seconds; with the last commit the writer is killed, and started again. */
  async staleAfterKill(): Promise<number> {
    const { writer } = this.#parts;
    await this.#editEvenly(100, 2_000, (nth) => 1 + (nth % 50));
    await writer.kill();
    await writer.start();
    return this.#settle((id) => id <= 50);
  }

  /** Edits texts, one row after another, so many of them in so long. */
  async #editEvenly(edits: number, ms: number, idOf: (nth: number) => number): Promise<void> {
    const startedAt = performance.now();
    for (let nth = 0; nth < edits; nth += 1) {
      const due = startedAt + (nth / edits) * ms;
      await delay(Math.max(0, due - performance.now()), undefined, { signal: this.#system.signal });
      await this.#edit(idOf(nth), 'text');
    }
  }

  async #edit(id: number, what: 'price' | 'text'): Promise<void> {
    this.#price += 1;
    await this.#system.database.client.query(
      what === 'price'
        ? 'update products_with_increment set price = $2::numeric where id = $1'
        : `update products_with_increment set price = $2::numeric, description = 'Edited to ' || $2::numeric where id = $1`,
      [id, this.#price],
    );
  }

  /**
   * Waits until table and index agree on these rows, or for so many seconds without any progress. What an earlier
   * scenario left wrong of other rows does not count. @returns rows and records that differ then.
   */
  async #settle(
    counts: (id: number) => boolean,
    patienceSeconds = this.#parts.recoverySeconds,
  ): Promise<number> {
    let changedAt = performance.now();
    let last = -1;
    for (;;) {
      const contents = await this.#index.contents();
      const now = differing(contents).filter((id) => counts(Number(id))).length;
      if (now !== last) changedAt = performance.now();
      last = now;
      const isOver = performance.now() - changedAt > patienceSeconds * 1_000;
      if (now === 0 || isOver) return now;
      await delay(250, undefined, { signal: this.#system.signal });
    }
  }
}
