import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import pg from 'pg';
import type { Outage } from './outage.ts';
import type { Random } from './random.ts';
import { runStep } from './steps.ts';
import { planUnits, type Step, type Unit } from './workload-plan.ts';

export interface WorkloadReport {
  /** Steps done, by kind. */
  steps: Record<string, number>;
  units: number;
  rolledBack: number;
  /** Serialization failures, as Postgres gives REPEATABLE READ transactions that meet others. */
  serializationFailures: number;
  /** Units that a planned outage of Postgres ended. */
  cutOff: number;
  /** Longest statement, save waits for other clients' keys, in milliseconds. */
  slowestMs: number;
  slowest: string;
  /** What no writer may see. */
  errors: string[];
}

/** Share of the storms whose clients empty tables. */
const truncatingShare = 0.6;

/** Class of the advisory locks by which a client reserves its keys. */
const lockClass = 4_711;

/** Several clients that write to the tables until they are told to stop. */
export class Workload {
  readonly report: WorkloadReport = {
    steps: {},
    units: 0,
    rolledBack: 0,
    serializationFailures: 0,
    cutOff: 0,
    slowestMs: 0,
    slowest: '',
    errors: [],
  };
  readonly #url: string;
  readonly #outage: Outage;
  readonly #stopping = new AbortController();
  #clients: Promise<void>[] = [];

  constructor(options: { url: string; outage: Outage }) {
    this.#url = options.url;
    this.#outage = options.outage;
  }

  start(clients: number, random: Random): void {
    const truncates = random.chance(truncatingShare);
    this.#clients = Array.from({ length: clients }, (_, client) => {
      const own = random.fork(`client ${client}`);
      return this.#run(client, planUnits(client, own, truncates), own.fork('values'));
    });
  }

  /** Lets every client finish what it has begun. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#clients);
  }

  async #run(number: number, units: Iterable<Unit>, values: Random): Promise<void> {
    let client: pg.Client | undefined;
    let mark = 0;
    for (const unit of units) {
      if (this.#stopping.signal.aborted) break;
      try {
        if (client === undefined) {
          mark = this.#outage.mark;
          client = await this.#connect();
        }
        await this.#runUnit(client, unit, values);
        this.report.units += 1;
      } catch (error) {
        const lost = client;
        client = undefined;
        await lost?.end().catch(() => undefined);
        if (!this.#forgives(error, unit, mark)) {
          const { code = '', message } = error as { code?: string; message: string };
          this.report.errors.push(`client ${number}, ${describe(unit)}: ${code} ${message}`);
          return;
        }
      }
      await delay(unit.restMs);
    }
    await client?.end();
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.#url, application_name: 'storm' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  #forgives(error: unknown, unit: Unit, mark: number): boolean {
    const { code, message } = error as { code?: string; message: string };
    if (code === '40001' && unit.shape === 'repeatable read') {
      this.report.serializationFailures += 1;
      return true;
    }
    const isOutage =
      this.#outage.mayHaveBroken(mark) &&
      (/^(57P0|ECONN|EPIPE)/.test(code ?? '') || /connection|not queryable/i.test(message));
    if (isOutage) this.report.cutOff += 1;
    return isOutage;
  }

  async #runUnit(client: pg.Client, unit: Unit, random: Random): Promise<void> {
    if (unit.shape === 'hammer') {
      for (const step of unit.steps) await this.#step(client, step, random);
      return;
    }
    await client.query(
      `select pg_advisory_lock(${lockClass}, key) from unnest($1::integer[]) key`,
      [locksOf(unit.steps)],
    );
    if (unit.shape === 'statements') {
      for (const step of unit.steps) await this.#step(client, step, random);
    } else await this.#transaction(client, unit, random);
    await client.query('select pg_advisory_unlock_all()');
  }

  async #transaction(client: pg.Client, unit: Unit, random: Random): Promise<void> {
    if (unit.shape === 'repeatable read') {
      await client.query('begin isolation level repeatable read');
      // The snapshot is as old as its first statement.
      await client.query('select');
      await delay(unit.pauseMs);
    } else await client.query('begin');
    for (const step of unit.steps) {
      if (step.undone) await client.query('savepoint undone');
      await this.#step(client, step, random);
      if (step.undone) await client.query('rollback to savepoint undone');
      await delay(unit.pauseMs);
    }
    if (unit.rolledBack) this.report.rolledBack += 1;
    await this.#timed('commit', () => client.query(unit.rolledBack ? 'rollback' : 'commit'));
  }

  async #step(client: pg.Client, step: Step, random: Random): Promise<void> {
    await this.#timed(`${step.kind} ${step.table.name}`, () => runStep(client, step, random));
    this.report.steps[step.kind] = (this.report.steps[step.kind] ?? 0) + 1;
  }

  async #timed(what: string, work: () => Promise<unknown>): Promise<void> {
    const began = performance.now();
    await work();
    const ms = Math.round(performance.now() - began);
    if (ms <= this.report.slowestMs) return;
    this.report.slowestMs = ms;
    this.report.slowest = what;
  }
}

/** In one order for all clients, so that none waits for another in a circle. */
function locksOf(steps: readonly Step[]): number[] {
  const locks = steps.flatMap(({ table, keys }) =>
    keys.map((key) => crc32(JSON.stringify([table.name, ...key])) | 0),
  );
  return [...new Set(locks)].sort((a, b) => a - b);
}

function describe({ shape, steps }: Unit): string {
  const done = steps.map(({ kind, table, keys }) => `${kind} ${keys.length} ${table.name}`);
  return `${shape} (${done.join(', ')})`;
}
