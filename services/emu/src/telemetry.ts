import type { Queue } from '@aviary/queue';
import { Counter, Gauge, Histogram, SlidingRate, type Registry } from '@aviary/runtime';
import { SlidingPercentiles } from './sliding-percentiles.ts';
import type { Doubt, Task } from './task.ts';

const stageBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
const lagBuckets = [0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600];

export type Stage = 'decode' | 'embed' | 'upsert' | 'delete';
export type Outcome = 'done' | 'dead_lettered' | 'abandoned';

/** What emu counts: for Prometheus, and as plain figures for /status. */
export class Telemetry {
  readonly #totals = {
    received: 0,
    embeddedTexts: 0,
    reused: 0,
    upserted: 0,
    deleted: 0,
    deadLettered: 0,
    abandoned: 0,
    refreshesRequested: 0,
    tokens: 0,
  };
  readonly #rows = new SlidingRate();
  readonly #embeddings = new SlidingRate();
  readonly #tokensRate = new SlidingRate();
  readonly #lagSeconds = new SlidingPercentiles();

  readonly #jobs: Counter<'index' | 'op' | 'outcome'>;
  readonly #embeddedTexts: Counter<'index'>;
  readonly #reusedVectors: Counter<'index'>;
  readonly #tokens: Counter<'index'>;
  readonly #stageSeconds: Histogram<'stage'>;
  readonly #batchRows: Histogram;
  readonly #commitToIndexed: Histogram<'index'>;
  readonly #refreshes: Counter<'index' | 'reason'>;
  readonly #retries: Counter<'dependency'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#jobs = new Counter({
      name: 'aviary_emu_jobs_total',
      help: 'Change jobs, by what became of them.',
      labelNames: ['index', 'op', 'outcome'],
      registers,
    });
    this.#embeddedTexts = new Counter({
      name: 'aviary_emu_embedded_texts_total',
      help: 'Texts sent to the embedder.',
      labelNames: ['index'],
      registers,
    });
    this.#reusedVectors = new Counter({
      name: 'aviary_emu_reused_vectors_total',
      help: 'Upserts that needed no embedding, because the index held the vector of their text.',
      labelNames: ['index'],
      registers,
    });
    this.#tokens = new Counter({
      name: 'aviary_emu_tokens_total',
      help: 'Tokens that the embedder charged.',
      labelNames: ['index'],
      registers,
    });
    this.#stageSeconds = new Histogram({
      name: 'aviary_emu_stage_duration_seconds',
      help: 'Time a batch spends in a stage, waits for a dependency included.',
      labelNames: ['stage'],
      buckets: stageBuckets,
      registers,
    });
    this.#batchRows = new Histogram({
      name: 'aviary_emu_batch_rows',
      help: 'Rows in a batch.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
      registers,
    });
    this.#commitToIndexed = new Histogram({
      name: 'aviary_emu_commit_to_indexed_seconds',
      help: 'From the change in Postgres to its acceptance by the index.',
      labelNames: ['index'],
      buckets: lagBuckets,
      registers,
    });
    this.#refreshes = new Counter({
      name: 'aviary_emu_refreshes_requested_total',
      help: 'Rows that pelican was asked to read anew because their record was in doubt, by why.',
      labelNames: ['index', 'reason'],
      registers,
    });
    this.#retries = new Counter({
      name: 'aviary_emu_retries_total',
      help: 'Calls repeated because a dependency was away, slow or limiting.',
      labelNames: ['dependency'],
      registers,
    });
  }

  /** Exposes figures that others keep. */
  observe(
    registry: Registry,
    sources: {
      queue: Queue;
      inWork: () => number;
      buffered: () => number;
      /** By model; null while the embedder has not said. */
      tokensPerMinute: () => Record<string, number | null>;
    },
  ): void {
    const { queue, inWork, buffered, tokensPerMinute } = sources;
    const registers = [registry];
    new Counter({
      name: 'aviary_emu_queue_requests_total',
      help: 'Requests to SQS, each of up to ten messages.',
      labelNames: ['action'],
      registers,
      collect() {
        this.reset();
        for (const [action, count] of Object.entries(queue.calls)) this.inc({ action }, count);
      },
    });
    new Gauge({
      name: 'aviary_emu_rows_in_work',
      help: 'Rows in batches under way.',
      registers,
      collect() {
        this.set(inWork());
      },
    });
    new Gauge({
      name: 'aviary_emu_rows_buffered',
      help: 'Rows received and waiting for a batch.',
      registers,
      collect() {
        this.set(buffered());
      },
    });
    new Gauge({
      name: 'aviary_emu_embedding_tokens_per_minute_limit',
      help: "The account's limit by the embedder's word; absent while it has said none.",
      labelNames: ['model'],
      registers,
      collect() {
        for (const [model, limit] of Object.entries(tokensPerMinute())) {
          if (limit !== null) this.set({ model }, limit);
        }
      },
    });
  }

  received(messages: number): void {
    this.#totals.received += messages;
  }

  batch(rows: number): void {
    this.#batchRows.observe(rows);
  }

  /** @returns what to call when the stage is over. */
  stage(stage: Stage): () => void {
    const begunAt = performance.now();
    return () => this.#stageSeconds.observe({ stage }, (performance.now() - begunAt) / 1_000);
  }

  embedded(index: string, texts: number, reused: number): void {
    this.#totals.embeddedTexts += texts;
    this.#totals.reused += reused;
    this.#embeddings.add(texts);
    this.#embeddedTexts.inc({ index }, texts);
    this.#reusedVectors.inc({ index }, reused);
  }

  tokens(index: string, tokens: number): void {
    this.#totals.tokens += tokens;
    this.#tokensRate.add(tokens);
    this.#tokens.inc({ index }, tokens);
  }

  done(index: string, op: 'upsert' | 'delete', tasks: readonly Task[]): void {
    if (op === 'upsert') this.#totals.upserted += tasks.length;
    else this.#totals.deleted += tasks.length;
    this.#rows.add(tasks.length);
    this.#count(index, op, 'done', tasks.length);
    const now = Date.now();
    for (const { job } of tasks) {
      const seconds = (now - job.changedAt) / 1_000;
      this.#lagSeconds.add(seconds);
      this.#commitToIndexed.observe({ index }, seconds);
    }
  }

  abandoned(index: string, op: 'upsert' | 'delete', count: number): void {
    this.#totals.abandoned += count;
    this.#count(index, op, 'abandoned', count);
  }

  /** @param index and `op` where they could be read. */
  deadLettered(index = 'unknown', op = 'unknown'): void {
    this.#totals.deadLettered += 1;
    this.#count(index, op, 'dead_lettered', 1);
  }

  refreshRequested(index: string, reason: Doubt): void {
    this.#totals.refreshesRequested += 1;
    this.#refreshes.inc({ index, reason });
  }

  retried(dependency: string): void {
    this.#retries.inc({ dependency });
  }

  /** For /status. */
  snapshot(): Record<string, unknown> {
    const totals = Object.entries(this.#totals).map(([name, count]) => [`${name}Total`, count]);
    const [p50, p99] = this.#lagSeconds.at(0.5, 0.99);
    return {
      ...(Object.fromEntries(totals) as Record<string, number>),
      rates: {
        rowsPerSecond: this.#rows.perSecond(),
        embeddingsPerSecond: this.#embeddings.perSecond(),
        tokensPerSecond: this.#tokensRate.perSecond(),
      },
      lagSeconds: { p50, p99, counts: this.#lagSeconds.counts() },
    };
  }

  #count(index: string, op: string, outcome: Outcome, count: number): void {
    if (count > 0) this.#jobs.inc({ index, op, outcome }, count);
  }
}
