import { Counter, Gauge, Histogram, type Registry } from '@aviary/runtime';

/** The operator's metrics. */
export class Telemetry {
  readonly #reconciles: Histogram<'result'>;
  readonly #errors: Counter<'reason'>;
  readonly #requests: Counter<'verb' | 'resource' | 'status'>;

  constructor(
    metrics: Registry,
    seen: { depth: () => number; leads: () => boolean; indexes: () => number },
  ) {
    const registers = [metrics];
    this.#reconciles = new Histogram({
      name: 'aviary_operator_reconcile_duration_seconds',
      help: 'One look at one SemanticIndex, with all that it led to.',
      labelNames: ['result'],
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    });
    this.#errors = new Counter({
      name: 'aviary_operator_errors_total',
      help: 'What could not be done, by reason; it is tried again.',
      labelNames: ['reason'],
      registers,
    });
    this.#requests = new Counter({
      name: 'aviary_operator_api_requests_total',
      help: 'Requests to the API server, by how it answered.',
      labelNames: ['verb', 'resource', 'status'],
      registers,
    });
    new Gauge({
      name: 'aviary_operator_queue_depth',
      help: 'SemanticIndexes whose turn has come, or which are in work.',
      registers,
      collect() {
        this.set(seen.depth());
      },
    });
    new Gauge({
      name: 'aviary_operator_leads',
      help: '1 while this operator leads.',
      registers,
      collect() {
        this.set(seen.leads() ? 1 : 0);
      },
    });
    new Gauge({
      name: 'aviary_operator_semantic_indexes',
      help: 'SemanticIndexes that are looked after by this operator.',
      registers,
      collect() {
        this.set(seen.indexes());
      },
    });
  }

  requested(verb: string, resource: string, status: string): void {
    this.#requests.inc({ verb, resource, status });
  }

  failed(reason: string): void {
    this.#errors.inc({ reason });
  }

  reconciled(seconds: number, result: 'ok' | 'failed'): void {
    this.#reconciles.observe({ result }, seconds);
  }
}
