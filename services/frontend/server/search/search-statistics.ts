import { Counter, Gauge, Histogram, type Registry } from '@aviary/runtime';
import type { SearchPage } from '../../shared/search.ts';

/** What searches cannot do without: the embedders of models, and SemanticIndexes' own indexes. */
export interface NamedDependency {
  dependency: 'embedder' | 'index';
  /** Name of the model or of the SemanticIndex. */
  of: string;
  state: { readonly health: { ok: boolean }; readonly awaySeconds: number };
}

const partBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What search counts, for Prometheus. */
export class SearchStatistics {
  readonly #registers: Registry[];
  readonly #searches: Counter<'index' | 'asked' | 'answered'>;
  readonly #seconds: Histogram<'part'>;
  readonly #batches: Histogram;
  readonly #changes: Counter<'dependency' | 'to'>;
  readonly #highlights: Counter<'by'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#registers = registers;
    this.#searches = new Counter({
      name: 'aviary_frontend_searches_total',
      help: 'Searches answered, by what was asked for and what answered.',
      labelNames: ['index', 'asked', 'answered'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'aviary_frontend_search_duration_seconds',
      help: 'Time of a search, by part. An embedding that was remembered takes none.',
      labelNames: ['part'],
      buckets: partBuckets,
      registers,
    });
    this.#batches = new Histogram({
      name: 'aviary_frontend_query_batch_size',
      help: 'Queries in one embedding request.',
      buckets: [1, 2, 4, 8, 16, 32, 64],
      registers,
    });
    this.#changes = new Counter({
      name: 'aviary_frontend_dependency_changes_total',
      help: 'How often what a search needs went away and came back.',
      labelNames: ['dependency', 'to'],
      registers,
    });
    this.#highlights = new Counter({
      name: 'aviary_frontend_highlights_total',
      help: 'Requests for highlights, by how the marks were found.',
      labelNames: ['by'],
      registers,
    });
  }

  /** Exposes what the dependencies know of themselves. @param list those there are at the time */
  observe(list: () => readonly NamedDependency[]): void {
    const registers = this.#registers;
    const labelNames = ['dependency', 'of'] as const;
    new Gauge({
      name: 'aviary_frontend_dependency_up',
      help: 'Whether searches use it; 0 while keywords stand in.',
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { dependency, of, state } of list())
          this.set({ dependency, of }, state.health.ok ? 1 : 0);
      },
    });
    new Counter({
      name: 'aviary_frontend_degraded_seconds_total',
      help: 'Time that it was away, and keywords stood in.',
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { dependency, of, state } of list())
          this.inc({ dependency, of }, state.awaySeconds);
      },
    });
  }

  searched({ index, mode, answeredBy, tookMs }: SearchPage): void {
    this.#searches.inc({ index, asked: mode, answered: answeredBy });
    for (const [part, ms] of Object.entries(tookMs)) {
      if (ms > 0) this.#seconds.observe({ part }, ms / 1_000);
    }
  }

  batched(queries: number): void {
    this.#batches.observe(queries);
  }

  changed(dependency: string, to: 'away' | 'back'): void {
    this.#changes.inc({ dependency, to });
  }

  highlighted(by: 'meaning' | 'words'): void {
    this.#highlights.inc({ by });
  }
}
