import { Counter, Gauge, Histogram, type Registry } from '@aviary/runtime';
import type { Arrival, Gate } from './gate.ts';

/** What the gates hold and turn away, by gate. */
export class AdmissionMetrics {
  readonly #gates = new Map<string, Gate>();
  readonly #arrivals: Counter<'gate' | 'outcome'>;
  readonly #wait: Histogram<'gate'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const gates = this.#gates;
    const gauge = (name: string, help: string, of: (gate: Gate) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ['gate'],
        registers,
        collect() {
          for (const [gate, held] of gates) this.set({ gate }, of(held));
        },
      });
    gauge('aviary_frontend_requests_in_work', 'Requests being worked on.', (gate) => gate.inWork);
    gauge(
      'aviary_frontend_requests_queued',
      'Requests that wait for others.',
      (gate) => gate.queued,
    );
    this.#arrivals = new Counter({
      name: 'aviary_frontend_requests_total',
      help: 'Requests that were admitted to work, refused for overload, or left while they waited.',
      labelNames: ['gate', 'outcome'],
      registers,
    });
    this.#wait = new Histogram({
      name: 'aviary_frontend_request_wait_seconds',
      help: 'Time that admitted requests waited in the queue.',
      labelNames: ['gate'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      registers,
    });
  }

  watch(name: string, open: (told: (arrival: Arrival) => void) => Gate): Gate {
    const gate = open(({ outcome, waitedMs }) => {
      this.#arrivals.inc({ gate: name, outcome });
      if (outcome === 'admitted') this.#wait.observe({ gate: name }, waitedMs / 1_000);
    });
    this.#gates.set(name, gate);
    for (const outcome of ['admitted', 'refused', 'left'] as const) {
      this.#arrivals.inc({ gate: name, outcome }, 0);
    }
    return gate;
  }
}
