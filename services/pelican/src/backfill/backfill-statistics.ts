import { Counter, Gauge, type Registry } from '@aviary/runtime';

/** How the backfills go, as Prometheus metrics. */
export class BackfillStatistics {
  readonly #rows: Counter<'index'>;
  readonly #remaining: Gauge<'index'>;
  readonly #total: Gauge<'index'>;

  constructor(metrics: Registry) {
    const registers = [metrics];
    this.#rows = new Counter({
      name: 'aviary_pelican_backfill_rows_total',
      help: 'Rows that backfills have put into the outbox.',
      labelNames: ['index'],
      registers,
    });
    this.#remaining = new Gauge({
      name: 'aviary_pelican_backfill_remaining_rows',
      help: 'Rows that a backfill is yet to put into the outbox, as all pelicans know it; estimated for a big table.',
      labelNames: ['index'],
      registers,
    });
    this.#total = new Gauge({
      name: 'aviary_pelican_backfill_total_rows',
      help: 'Rows that a backfill under way has to put into the outbox in all; 0 when none is under way.',
      labelNames: ['index'],
      registers,
    });
  }

  walked(index: string, rows: number): void {
    this.#rows.inc({ index }, rows);
  }

  underWay(index: string, rows: { remaining: number; total: number }): void {
    this.#remaining.set({ index }, rows.remaining);
    this.#total.set({ index }, rows.total);
  }
}
