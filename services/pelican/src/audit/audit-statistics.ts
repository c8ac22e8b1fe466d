import { Gauge, type Registry } from '@aviary/runtime';
import type { LastAudit } from './audit-turn.ts';

const kinds = ['missing', 'stale', 'orphaned', 'undecided', 'foreign', 'unindexable'] as const;

/** What the last audits found, as Prometheus metrics: the same at every pelican. */
export class AuditStatistics {
  readonly #differences: Gauge<'index' | 'kind'>;
  readonly #mended: Gauge<'index'>;
  readonly #lastSuccess: Gauge<'index'>;
  readonly #duration: Gauge<'index'>;

  constructor(metrics: Registry) {
    const registers = [metrics];
    this.#differences = new Gauge({
      name: 'aviary_pelican_audit_differences',
      help: 'Differences between table and index that the last audit found, mended or not.',
      labelNames: ['index', 'kind'],
      registers,
    });
    this.#mended = new Gauge({
      name: 'aviary_pelican_audit_mended',
      help: 'Of the differences that the last audit found, those it has mended.',
      labelNames: ['index'],
      registers,
    });
    this.#lastSuccess = new Gauge({
      name: 'aviary_pelican_audit_last_success_timestamp_seconds',
      help: 'When an audit last came to its end and left nothing undecided.',
      labelNames: ['index'],
      registers,
    });
    this.#duration = new Gauge({
      name: 'aviary_pelican_audit_duration_seconds',
      help: 'What the last audit took.',
      labelNames: ['index'],
      registers,
    });
  }

  show({ index, ...last }: LastAudit): void {
    for (const kind of kinds) this.#differences.set({ index, kind }, last[kind]);
    this.#mended.set({ index }, last.mended);
    this.#duration.set({ index }, last.seconds);
    if (last.decidedAt !== null) this.#lastSuccess.set({ index }, last.decidedAt);
  }
}
