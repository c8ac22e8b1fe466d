import { encodeKey } from '@aviary/change-job';
import type { Pool } from '@aviary/postgres';
import type { Queue } from '@aviary/queue';
import { sleep, type RetryableError } from '@aviary/runtime';
import type { VectorIndex } from '@aviary/vector-index';
import { demandOf, differenceOf, type Difference } from './audit-difference.ts';
import { FindingsSoFar, type AuditFindings } from './audit-findings.ts';
import { Suspects, type Suspect } from './audit-suspects.ts';
import { Transit } from './audit-transit.ts';
import type { CapturedTable } from '../capture/capture.ts';
import { enqueue } from '../outbox.ts';
import { patiently } from './patiently.ts';
import { readRowsByKey, readStep, type RowStep } from '../tables/read-rows.ts';
import { rowless } from '../tables/record-rows.ts';

export interface AuditOptions {
  pool: Pool;
  table: CapturedTable;
  vectors: VectorIndex;
  queue: Queue;
  refreshQueue: Queue;
  /** Sends the rows of what is found through the outbox, and waits until they are mended. */
  repair: boolean;
  /** How long to wait for what is on its way, and again for repairs, in milliseconds. */
  waitMs: number;
  /** For how long a difference must have stood behind an empty queue, in milliseconds. */
  settleMs?: number;
  /** Most examples to return. */
  examples: number;
  /** Takes one request at a time, and rests as long as each took. */
  gently?: boolean;
  signal: AbortSignal;
  onProgress?: (progress: Readonly<AuditProgress>) => void;
  /** Told of each failure that is tried again. */
  onRetry?: (error: RetryableError) => void;
}

export interface AuditProgress {
  /** Rows compared, and ids looked up, so far. */
  rows: number;
  records: number;
  /** Differences that are being waited for, or repaired. */
  differences: number;
  stage: 'comparing' | 'waiting' | 'repairing';
}

/** Differences held at once: memory stays bounded, however much is wrong. */
const groupSize = 10_000;
/** Rows of a step times the dimensions of their vectors, which come along with each record. */
const valuesAStep = 64_000;
const mostRowsAStep = 250;
const lanes = 4;
const idPagesALookUp = 5;
const usualSettleMs = 10_000;

/**
 * Compares a table with its index, both ways at once: each row with its record, and each record's id with the
 * table. It walks both in bounded steps, and keeps nothing of what is in step. Differences are suspects first:
 * see audit-suspects.ts.
 *
 *     comparing ──all compared, or many suspects──► waiting ──faults──► repairing
 *         ▲                                            │ none              │
 *         └────────────────────────────────────────────┴───────────────────┘
 *
 * @throws RetryableError when Postgres, SQS or Pinecone is away for more than a minute; the signal's reason.
 */
export async function audit(options: AuditOptions): Promise<AuditFindings> {
  return new Audit(options).run();
}

class Audit {
  readonly #options: AuditOptions;
  readonly #transit: Transit;
  readonly #suspects: Suspects;
  readonly #settleMs: number;
  readonly #progress: AuditProgress = {
    rows: 0,
    records: 0,
    differences: 0,
    stage: 'comparing',
  };
  readonly #found: FindingsSoFar;
  readonly #stepRows: number;
  /** Once something stayed undecided, what is found later is not waited for as long again. */
  #patient = true;

  constructor(options: AuditOptions) {
    const { pool, table, queue, refreshQueue } = options;
    this.#options = options;
    this.#settleMs = options.settleMs ?? usualSettleMs;
    this.#transit = new Transit({ pool, table, queue, refreshQueue });
    this.#suspects = new Suspects({
      transit: this.#transit,
      look: (keys) => this.#look(keys),
      settleMs: this.#settleMs,
    });
    const fitting = Math.floor(valuesAStep / table.index.embedding.dimensions);
    this.#stepRows = Math.min(Math.max(fitting, 25), mostRowsAStep);
    this.#found = new FindingsSoFar(table, options.examples);
  }

  async run(): Promise<AuditFindings> {
    const startedAt = performance.now();
    const rows = this.#rows();
    const records = this.#records();
    let left = true;
    while (left) {
      this.#tell('comparing');
      const walks = [this.#walk(records)];
      const rowLanes = this.#options.gently === true ? 1 : lanes;
      for (let lane = 0; lane < rowLanes; lane += 1) walks.push(this.#walk(rows));
      left = (await settled(walks)).includes(true);
      await this.#judge();
    }
    const { rows: rowCount, records: recordCount } = this.#progress;
    const seconds = (performance.now() - startedAt) / 1_000;
    return { ...this.#found.findings, rows: rowCount, records: recordCount, seconds };
  }

  /** Goes on until the walk is at its end or enough suspects are held. @returns whether there is more. */
  async #walk(steps: AsyncGenerator<() => Promise<void>>): Promise<boolean> {
    const { gently, signal } = this.#options;
    while (this.#suspects.size < groupSize) {
      const before = performance.now();
      const step = await steps.next();
      if (step.done === true) return false;
      await step.value();
      this.#tell('comparing');
      if (gently === true) await sleep(performance.now() - before, signal);
    }
    return true;
  }

  /** Reads the table. Each step's comparing is left to whoever takes it, beside the reading of the next. */
  async *#rows(): AsyncGenerator<() => Promise<void>> {
    const { pool, table } = this.#options;
    let after: string[] | undefined;
    do {
      const from = after;
      const step = await this.#persist(() => readStep(pool, table, from, this.#stepRows));
      if (step.rows.length > 0) yield () => this.#compare(step);
      after = step.last;
    } while (after !== undefined);
  }

  /** Reads the ids of the index, some pages at a time. */
  async *#records(): AsyncGenerator<() => Promise<void>> {
    const { vectors, signal } = this.#options;
    let after: string | undefined;
    do {
      const ids: string[] = [];
      for (let page = 0; page < idPagesALookUp; page += 1) {
        const from = after;
        const found = await this.#persist(() => vectors.listPage({ after: from }, signal));
        ids.push(...found.ids);
        after = found.next;
        if (after === undefined) break;
      }
      if (ids.length > 0) yield () => this.#lookUp(ids);
    } while (after !== undefined);
  }

  async #compare({ rows }: RowStep): Promise<void> {
    const { vectors, table, signal } = this.#options;
    const demands = rows.map(({ key, values }) => ({ key, demand: demandOf(table, key, values) }));
    const ids = demands.map(({ key }) => encodeKey(key)).filter((id) => id.length <= maxIdLength);
    const records = await this.#persist(() => vectors.fetch(ids, signal));
    for (const { key, demand } of demands) {
      const id = encodeKey(key);
      const record = records.get(id);
      if (demand.demand === 'impossible') {
        this.#found.unindexable(key, demand.reason, record !== undefined);
      }
      const difference = differenceOf(key, demand, record);
      if (difference !== undefined) this.#suspects.add(key, difference);
    }
    this.#progress.rows += rows.length;
  }

  async #lookUp(ids: string[]): Promise<void> {
    const { pool, table } = this.#options;
    const { gone, foreign } = await this.#persist(() => rowless(pool, table, ids));
    this.#progress.records += ids.length;
    for (const id of foreign) this.#found.foreign(id);
    if (gone.length === 0) return;
    const differences = await this.#look(gone);
    for (const key of gone) {
      const difference = differences.get(encodeKey(key));
      if (difference !== undefined) this.#suspects.add(key, difference);
    }
  }

  /** Rows and records as they are now. Rows first: a record that is newer than its row is another difference. */
  async #look(keys: readonly string[][]): Promise<Map<string, Difference>> {
    const { pool, vectors, table, signal } = this.#options;
    const differences = new Map<string, Difference>();
    for (let start = 0; start < keys.length; start += this.#stepRows) {
      const some = keys.slice(start, start + this.#stepRows);
      const rows = await this.#persist(() => readRowsByKey(pool, table, some));
      const records = await this.#persist(() => vectors.fetch(some.map(encodeKey), signal));
      for (const [position, key] of some.entries()) {
        const id = encodeKey(key);
        const difference = differenceOf(key, demandOf(table, key, rows[position]), records.get(id));
        if (difference !== undefined) differences.set(id, difference);
      }
    }
    return differences;
  }

  /** Waits until each suspect is in step or shown to be a fault, as long as it may. */
  async #judge(): Promise<void> {
    const { repair, waitMs, signal } = this.#options;
    const limitMs = this.#patient ? waitMs : Math.min(waitMs, 3 * this.#settleMs);
    const startedAt = performance.now();
    const faults: Suspect[] = [];
    while (this.#suspects.size > 0) {
      this.#tell('waiting');
      const round = await this.#persist(() => this.#suspects.round(signal));
      faults.push(...round.faults);
      if (performance.now() - startedAt > limitMs || (!this.#patient && !round.empty)) break;
    }
    const doubtful =
      repair && this.#patient ? this.#suspects.takeSteadfast(Math.min(waitMs / 2, limitMs)) : [];
    await this.#settle(faults, doubtful);
    const undecided = this.#suspects.takeAll();
    if (undecided.length > 0) this.#patient = false;
    this.#leaveUndecided(undecided);
  }

  /** @param doubtful differences that a repair either mends or leaves undecided */
  async #settle(faults: readonly Suspect[], doubtful: readonly Suspect[]): Promise<void> {
    const sent = this.#options.repair ? [...faults, ...doubtful] : [];
    const unmended = await this.#mend(sent);
    const mended = new Set(sent.filter((suspect) => !unmended.has(suspect)));
    for (const suspect of faults) this.#found.fault(suspect, mended.has(suspect));
    for (const suspect of doubtful) {
      if (mended.has(suspect)) this.#found.fault(suspect, true);
    }
    this.#leaveUndecided(doubtful.filter((suspect) => !mended.has(suspect)));
  }

  #leaveUndecided(suspects: readonly Suspect[]): void {
    if (suspects.length === 0) return;
    this.#found.findings.onItsWay = { ...this.#transit.seen };
    for (const suspect of suspects) this.#found.undecided(suspect);
  }

  /** Sends rows through the outbox and waits for them. @returns those that are still not in step. */
  async #mend(suspects: readonly Suspect[]): Promise<Set<Suspect>> {
    const { pool, table, waitMs, signal } = this.#options;
    const waiting = new Set(suspects);
    if (waiting.size === 0) return waiting;
    this.#tell('repairing', waiting.size);
    await this.#persist(() =>
      enqueue(
        pool,
        table.sourceId,
        suspects.map(({ key }) => key),
      ),
    );
    const end = performance.now() + waitMs;
    for (let pauseMs = 500; waiting.size > 0;) {
      await sleep(Math.min(pauseMs, Math.max(end - performance.now(), 0)), signal);
      const before = performance.now();
      const differences = await this.#look([...waiting].map(({ key }) => key));
      pauseMs = Math.max(1_000, 2 * (performance.now() - before));
      for (const suspect of waiting) {
        if (!differences.has(encodeKey(suspect.key))) waiting.delete(suspect);
      }
      this.#tell('repairing', waiting.size);
      if (performance.now() >= end) break;
    }
    return waiting;
  }

  #tell(stage: AuditProgress['stage'], differences = this.#suspects.size): void {
    Object.assign(this.#progress, { stage, differences });
    this.#options.onProgress?.(this.#progress);
  }

  #persist<T>(call: () => Promise<T>): Promise<T> {
    return patiently(call, this.#options);
  }
}

/** Pinecone's bound: no record has a longer id. */
const maxIdLength = 512;

/** All results, or the first failure, once all have ended. */
async function settled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
