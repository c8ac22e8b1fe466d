import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Sample, Usage } from './result.ts';
import type { Target } from './target.ts';

const depth = z.object({ visible: z.number(), inFlight: z.number(), delayed: z.number() });
const workers = z.object({ answering: z.number() });

/** What is read of the page's status. */
const statusSchema = z.object({
  rows: z.number().nullable(),
  indexed: z.number().nullable(),
  outbox: z.object({ waiting: z.number(), oldestSeconds: z.number().nullable() }).nullable(),
  queue: depth.nullable(),
  refreshQueue: depth.nullable(),
  deadLetters: z.number().nullable(),
  lagSeconds: z.number().nullable(),
  lag: z.object({ p50: z.number(), p99: z.number() }).nullable(),
  emus: workers.nullable(),
  pelicans: workers.nullable(),
  rates: z
    .object({
      rowsPerSecond: z.number(),
      embeddingsPerSecond: z.number(),
      tokensPerSecond: z.number(),
    })
    .nullable(),
  relayRates: z.object({ jobsPublishedPerSecond: z.number() }).nullable(),
});
type Status = z.infer<typeof statusSchema>;

const patienceMs = 5_000;
/** Adding up the data directory's files reads thousands of inodes. */
const usageEveryMs = 5_000;

/** Looks at a target once a second until it is closed, and keeps what it saw. */
export class Sampler implements AsyncDisposable {
  readonly samples: Sample[] = [];
  readonly usage = new Map<string, Usage>();
  disk: { firstMb: number; peakMb: number; lastMb: number } | null = null;
  readonly #target: Target;
  readonly #beganAt: number;
  readonly #onSample: (sample: Sample) => void;
  readonly #closing = new AbortController();
  readonly #running: Promise<unknown>;
  #quietLooks = 0;

  constructor(target: Target, beganAt: number, onSample: (sample: Sample) => void) {
    this.#target = target;
    this.#beganAt = beganAt;
    this.#onSample = onSample;
    this.#running = Promise.all([
      this.#every(1_000, () => this.#look()),
      this.#every(usageEveryMs, () => this.#weigh()),
    ]);
  }

  /** Nothing is on its way, by two looks in a row: what goes from one place to another is seen by the second. */
  get isQuiet(): boolean {
    return this.#quietLooks >= 2;
  }

  /** What was quiet may no longer be: only looks from now on count. */
  forgetQuiet(): void {
    this.#quietLooks = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #every(ms: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const next = performance.now() + ms;
      await work();
      await delay(Math.max(0, next - performance.now()), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  async #look(): Promise<void> {
    const askedAt = this.#quietLooks;
    const status = await this.#status();
    const sample = toSample(
      (performance.now() - this.#beganAt) / 1_000,
      status,
      this.#target.emus(),
    );
    this.samples.push(sample);
    // A look that began before it was told to forget says nothing of after.
    this.#quietLooks = isQuiet(status) && this.#quietLooks === askedAt ? askedAt + 1 : 0;
    this.#onSample(sample);
  }

  async #status(): Promise<Status | null> {
    try {
      const signal = AbortSignal.timeout(patienceMs);
      const answer = await fetch(`${this.#target.page}/api/status`, { signal });
      return statusSchema.parse(await answer.json());
    } catch {
      // A page that is away is a gap in the timeline, not the end of the run.
      return null;
    }
  }

  async #weigh(): Promise<void> {
    const now = await this.#target.usage();
    if (now === null) return;
    this.disk = grown(this.disk, now.diskMb);
    for (const [name, { cpuSeconds, mb }] of now.processes) this.#weighOne(name, cpuSeconds, mb);
  }

  readonly #cpuBefore = new Map<string, number>();

  #weighOne(name: string, cpuSeconds: number, mb: number): void {
    if (!this.#cpuBefore.has(name)) this.#cpuBefore.set(name, cpuSeconds);
    const before = this.#cpuBefore.get(name) ?? 0;
    const memory = grown(this.usage.get(name) ?? null, mb);
    this.usage.set(name, { name, cpuSeconds: rounded(cpuSeconds - before), ...memory });
  }
}

function grown(before: UsageSpan | null, mb: number): UsageSpan {
  const now = Math.round(mb);
  return {
    firstMb: before?.firstMb ?? now,
    peakMb: Math.max(before?.peakMb ?? 0, now),
    lastMb: now,
  };
}

interface UsageSpan {
  firstMb: number;
  peakMb: number;
  lastMb: number;
}

function isQuiet(status: Status | null): boolean {
  if (!status?.outbox || !status.queue || !status.refreshQueue) return false;
  const messages = [status.queue, status.refreshQueue].map(
    ({ visible, inFlight, delayed }) => visible + inFlight + delayed,
  );
  return status.outbox.waiting === 0 && messages.every((count) => count === 0);
}

function toSample(
  seconds: number,
  status: Status | null,
  emus: ReturnType<Target['emus']>,
): Sample {
  return {
    seconds: rounded(seconds),
    rows: status?.rows ?? null,
    indexed: status?.indexed ?? null,
    outbox: status?.outbox?.waiting ?? null,
    outboxAgeSeconds: figure(status?.outbox?.oldestSeconds),
    queueVisible: status?.queue?.visible ?? null,
    queueInFlight: status?.queue?.inFlight ?? null,
    deadLetters: status?.deadLetters ?? null,
    lagSeconds: figure(status?.lagSeconds),
    lagP50Seconds: figure(status?.lag?.p50, 1_000),
    lagP99Seconds: figure(status?.lag?.p99, 1_000),
    pelicans: status?.pelicans?.answering ?? null,
    emus: status?.emus?.answering ?? null,
    emusDesired: emus?.desired ?? null,
    emusReady: emus?.ready ?? null,
    rowsPerSecond: figure(status?.rates?.rowsPerSecond),
    embeddingsPerSecond: figure(status?.rates?.embeddingsPerSecond),
    tokensPerSecond: figure(status?.rates?.tokensPerSecond, 1),
    publishedPerSecond: figure(status?.relayRates?.jobsPublishedPerSecond),
  };
}

const rounded = (value: number, to = 10) => Math.round(value * to) / to;
const figure = (value: number | null | undefined, to = 10) =>
  value === null || value === undefined ? null : rounded(value, to);
