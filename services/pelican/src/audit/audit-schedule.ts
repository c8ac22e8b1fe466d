import type { Pool } from '@aviary/postgres';
import { sleep, type Logger, type Part } from '@aviary/runtime';
import type { AuditFindings } from './audit-findings.ts';
import type { AuditStatistics } from './audit-statistics.ts';
import { auditInTurn, readLastAudits, takeAuditTurn } from './audit-turn.ts';
import type { CapturedTable } from '../capture/capture.ts';

export interface AuditScheduleOptions {
  pool: Pool;
  /** Captured tables by source id. */
  tables: ReadonlyMap<number, CapturedTable>;
  /** From the end of an index's audit to its next; 0 is never. */
  everyMinutes: number;
  audit: (table: CapturedTable, signal: AbortSignal) => Promise<AuditFindings>;
  logger: Logger;
  statistics: AuditStatistics;
}

/** How often to look whether one is due, in milliseconds. */
const lookMs = 15_000;

/**
 * Audits every index from time to time, each by one pelican of all, one after the other, and repairs what it finds.
 * What it needs to remember stands in aviary.audit. An audit that fails makes no pelican unready: it is logged,
 * and its success metric grows old.
 */
export class AuditSchedule implements Part {
  readonly name = 'audit schedule';
  readonly #options: AuditScheduleOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #away = false;

  constructor(options: AuditScheduleOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    if (this.#options.everyMinutes > 0) this.#running = this.#run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for (const table of this.#options.tables.values()) await this.#auditIfDue(table);
        await this.#show();
        this.#away = false;
      } catch (error) {
        if (this.#stopping.signal.aborted) break;
        if (!this.#away) this.#options.logger.error({ event: 'audit_schedule_failed', err: error });
        this.#away = true;
      }
      await sleep(lookMs, signal).catch(() => undefined);
    }
  }

  async #auditIfDue(table: CapturedTable): Promise<void> {
    const { pool, everyMinutes, audit, logger } = this.#options;
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    const turn = await takeAuditTurn(pool, table.sourceId, everyMinutes);
    if (turn === undefined) return;
    const index = table.index.name;
    logger.info({ event: 'audit_started', index });
    try {
      const found = await auditInTurn(turn, (ending) => audit(table, ending), signal);
      const inStep = found.missing + found.stale + found.orphaned + found.undecided === 0;
      const examples = found.examples.map(({ kind, id, fields }) => ({ kind, id, fields }));
      logger[inStep ? 'info' : 'warn']({ event: 'audit_finished', ...found, examples });
    } catch (error) {
      if (!signal.aborted) logger.error({ event: 'audit_failed', index, err: error });
    }
  }

  async #show(): Promise<void> {
    const { pool, tables, statistics } = this.#options;
    const names = [...tables.values()].map(({ index }) => index.name);
    for (const last of await readLastAudits(pool, names)) statistics.show(last);
  }
}
