import type { Pool } from '@aviary/postgres';
import type { Queue } from '@aviary/queue';
import { Gauge, type Registry } from '@aviary/runtime';
import { readBacklog } from './backlog.ts';

export interface BacklogSources {
  pool: Pool;
  /** Of the SemanticIndexes whose changes are counted. */
  names: readonly string[];
  /** By what they hold. */
  queues: Record<'changes' | 'refreshes' | 'dead_letters', Queue>;
}

/** A scrape waits no longer for a figure: Prometheus gives up after ten seconds, and loses all of them. */
const patienceMs = 3_000;

/**
 * What waits, as Prometheus metrics: the same at every pelican of these SemanticIndexes, and asked for when they are scraped. A figure whose
 * source is away is absent.
 */
export function showBacklog(metrics: Registry, { pool, names, queues }: BacklogSources): void {
  const registers = [metrics];
  const outbox = shared(() => readBacklog(pool, names));
  new Gauge({
    name: 'aviary_pelican_outbox_waiting_rows',
    help: 'Changed rows that wait in the outbox.',
    registers,
    async collect() {
      const { waiting } = (await outbox()) ?? {};
      if (waiting === undefined) this.remove();
      else this.set(waiting);
    },
  });
  new Gauge({
    name: 'aviary_pelican_outbox_oldest_age_seconds',
    help: 'Age of the oldest change in the outbox; 0 when none waits.',
    registers,
    async collect() {
      const { oldestAgeSeconds } = (await outbox()) ?? {};
      if (oldestAgeSeconds === undefined) this.remove();
      else this.set(oldestAgeSeconds);
    },
  });
  new Gauge({
    name: 'aviary_pelican_queue_messages',
    help: 'Messages in the queues, by state, as SQS estimates them.',
    labelNames: ['queue', 'state'],
    registers,
    async collect() {
      this.reset();
      await Promise.all(
        Object.entries(queues).map(async ([queue, asked]) => {
          const signal = AbortSignal.timeout(patienceMs);
          const now = await asked.depth(signal).catch(() => undefined);
          if (now === undefined) return;
          this.set({ queue, state: 'visible' }, now.visible);
          this.set({ queue, state: 'in_flight' }, now.inFlight);
          this.set({ queue, state: 'delayed' }, now.delayed);
        }),
      );
    },
  });
}

/** Reads once for all who ask meanwhile. Undefined when it fails or takes too long. */
function shared<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let underWay: Promise<T | undefined> | undefined;
  return async () => {
    underWay ??= read()
      .catch(() => undefined)
      .finally(() => (underWay = undefined));
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patienceMs);
    });
    try {
      return await Promise.race([underWay, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  };
}
