import type { ReadPool, ReadTarget } from '@aviary/postgres';
import { Counter, Gauge, type Registry } from '@aviary/runtime';

/** What is read from where, by server: host and port, no credentials. */
export function addReadMetrics(registry: Registry, reads: ReadPool): void {
  const labelNames = ['server', 'role'] as const;
  const common = { labelNames, registers: [registry] };
  const labelsOf = ({ name, role }: ReadTarget) => ({ server: name, role });
  const gauge = (name: string, help: string, of: (target: ReadTarget) => number | undefined) =>
    new Gauge({
      name,
      help,
      ...common,
      collect() {
        this.reset();
        for (const target of reads.targets) {
          const value = of(target);
          if (value !== undefined) this.set(labelsOf(target), value);
        }
      },
    });
  const counter = (name: string, help: string, of: (target: ReadTarget) => number) =>
    new Counter({
      name,
      help,
      ...common,
      collect() {
        this.reset();
        for (const target of reads.targets) this.inc(labelsOf(target), of(target));
      },
    });
  gauge('aviary_frontend_read_server_up', 'Whether it is read from: 1 or 0.', ({ isUp }) =>
    Number(isUp),
  );
  gauge('aviary_frontend_reads_in_work', 'Reads under way.', ({ inWork }) => inWork);
  gauge(
    'aviary_frontend_replica_lag_seconds',
    'How far a replica is behind the primary.',
    ({ lagSeconds }) => lagSeconds,
  );
  counter('aviary_frontend_reads_total', 'Reads begun.', (target) => target.reads);
  counter(
    'aviary_frontend_read_failures_total',
    'Reads that failed on a replica, and were done by another server where that could help.',
    (target) => target.failures,
  );
}
