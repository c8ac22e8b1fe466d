import type { ChangeJob } from '@aviary/change-job';
import { Counter, SlidingRate, type Registry } from '@aviary/runtime';
import type { Unpublishable } from './publish.ts';

/** What a pelican has done since its start: Prometheus counters, and the figures /status shows. */
export class RelayStatistics {
  readonly #jobs: Counter<'index' | 'op'>;
  readonly #deadLetters: Counter<'index' | 'stage'>;
  readonly #textsCut: Counter<'index'>;
  readonly #coalesced: Counter;
  readonly #rows: Counter;
  readonly #refreshed: Counter<'index'>;
  readonly #claimed = new SlidingRate();
  readonly #published = new SlidingRate();
  readonly totals = {
    claimedRows: 0,
    coalescedChanges: 0,
    published: 0,
    deadLettered: 0,
    textsCut: 0,
    refreshedRows: 0,
  };

  constructor(metrics: Registry) {
    const registers = [metrics];
    this.#jobs = new Counter({
      name: 'aviary_pelican_jobs_total',
      help: 'Jobs published to the queue.',
      labelNames: ['index', 'op'],
      registers,
    });
    this.#deadLetters = new Counter({
      name: 'aviary_pelican_dead_letters_total',
      help: 'Changes sent to the dead-letter queue.',
      labelNames: ['index', 'stage'],
      registers,
    });
    this.#textsCut = new Counter({
      name: 'aviary_pelican_texts_cut_total',
      help: 'Rows whose text was longer than an embedding takes, and was cut.',
      labelNames: ['index'],
      registers,
    });
    this.#coalesced = new Counter({
      name: 'aviary_pelican_changes_coalesced_total',
      help: 'Changes that needed no job of their own, because a newer one of the same row was claimed with them.',
      registers,
    });
    this.#rows = new Counter({
      name: 'aviary_pelican_rows_claimed_total',
      help: 'Changed rows taken from the outbox.',
      registers,
    });
    this.#refreshed = new Counter({
      name: 'aviary_pelican_rows_refreshed_total',
      help: 'Rows put into the outbox because their record was in doubt.',
      labelNames: ['index'],
      registers,
    });
  }

  /** Over the last seconds. */
  get rates(): { rowsClaimedPerSecond: number; jobsPublishedPerSecond: number } {
    return {
      rowsClaimedPerSecond: this.#claimed.perSecond(),
      jobsPublishedPerSecond: this.#published.perSecond(),
    };
  }

  relayed(round: { rows: number; coalesced: number }): void {
    this.#rows.inc(round.rows);
    this.#claimed.add(round.rows);
    this.#coalesced.inc(round.coalesced);
    this.totals.claimedRows += round.rows;
    this.totals.coalescedChanges += round.coalesced;
  }

  published(jobs: readonly ChangeJob[], unpublishable: readonly Unpublishable[]): void {
    for (const { index, op } of jobs) this.#jobs.inc({ index, op });
    for (const { index, stage } of unpublishable) this.#deadLetters.inc({ index, stage });
    this.#published.add(jobs.length);
    this.totals.published += jobs.length;
    this.totals.deadLettered += unpublishable.length;
  }

  refreshed(index: string, rows: number): void {
    this.#refreshed.inc({ index }, rows);
    this.totals.refreshedRows += rows;
  }

  textCut(index: string): void {
    this.#textsCut.inc({ index });
    this.totals.textsCut += 1;
  }
}
