import type { Queue, ReceivedMessage } from '@aviary/queue';
import { RetryableError, faultPoint, type Logger, type Part } from '@aviary/runtime';
import { Acknowledger } from './acknowledge.ts';
import { workOff, type BatchContext } from './batch.ts';
import type { Dependency } from './dependency.ts';
import { extendVisibility } from './extend-visibility.ts';
import { LeaseBuffer } from './lease-buffer.ts';
import { Leases, type Lease } from './leases.ts';
import { Receiver } from './receive.ts';
import type { Route } from './route.ts';
import type { Telemetry } from './telemetry.ts';

/** Characters of message bodies that may wait in memory. */
const maxBufferedCharacters = 64 * 1_048_576;
/**
 * How long behind the deadline of a stop messages may still be handed back, below the two seconds there are. A favour to
 * the next emu: without it the visibility timeout does the same.
 */
const handBackMs = 1_200;

export interface PipelineOptions {
  queue: Queue;
  deadLetterQueue: Queue;
  /** A standard queue, in which pelican is asked to read rows anew. */
  refreshQueue: Queue;
  /** By the name of the SemanticIndex. */
  routes: ReadonlyMap<string, Route>;
  telemetry: Telemetry;
  logger: Logger;
  /** Makes what health says of a dependency. */
  dependency: (name: string) => Dependency;
  visibilityTimeoutSeconds: number;
  heartbeatSeconds: number;
  /** How long after a write of unknown outcome its row is read anew. */
  refreshDelaySeconds: number;
  /** Most rows in a batch. */
  maxBatch: number;
  /** Most batches at once. */
  concurrency: number;
  /** Most polls at once. */
  receivers: number;
}

/**
 * Takes change jobs from the queue and brings them into the index. The way of one lease:
 *
 *     received ─► buffered ─► in work ─► accepted by the index ──────────► deleted from the queue
 *                    │           ├─► refused for good ─► dead-lettered ─────────▲
 *                    │           ├─► in doubt ─► its row asked for anew ────────▲
 *                    │           ├─► nearly expired ─► abandoned: SQS delivers it again
 *                    └───────────┴─► stop ─► handed back: SQS delivers it again
 *
 * A message is put to work at once while a slot is free, so a lone change waits for nothing. While all slots
 * are busy the buffer grows, and the next free slot takes as much as a batch holds: batches grow with the load.
 * What is away is waited for in place, leases being extended meanwhile, so no outage uses up receive counts.
 */
export class Pipeline implements Part {
  readonly name = 'pipeline';
  readonly #options: PipelineOptions;
  readonly #leases: Leases;
  readonly #buffer: LeaseBuffer;
  readonly #receiver: Receiver;
  readonly #acknowledger: Acknowledger;
  readonly #context: BatchContext;
  readonly #batches = new Set<Promise<void>>();
  /** Aborts when the pipeline begins to stop. */
  readonly #stopping = new AbortController();
  /** Aborts all that is still under way at a stop's deadline. */
  readonly #work = new AbortController();
  #background: Promise<unknown> = Promise.resolve();
  #inWork = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { queue, visibilityTimeoutSeconds, heartbeatSeconds, dependency } = options;
    this.#leases = new Leases({
      visibilityTimeoutMs: visibilityTimeoutSeconds * 1_000,
      heartbeatMs: heartbeatSeconds * 1_000,
    });
    this.#buffer = new LeaseBuffer({
      maxLeases: 2 * options.maxBatch,
      maxCharacters: maxBufferedCharacters,
    });
    this.#receiver = new Receiver({
      queue,
      dependency: dependency('queue'),
      visibilityTimeoutSeconds,
      polls: options.receivers,
      whenRoom: (signal) => this.#buffer.whenRoom(signal),
      onMessages: (messages, receivedAt) => this.#receive(messages, receivedAt),
    });
    this.#acknowledger = new Acknowledger({
      queue,
      dependency: dependency('queue deletion'),
      leases: this.#leases,
      signal: this.#work.signal,
    });
    this.#context = {
      routes: options.routes,
      leases: this.#leases,
      acknowledger: this.#acknowledger,
      deadLetterQueue: options.deadLetterQueue,
      deadLetters: dependency('dead-letter queue'),
      refreshQueue: options.refreshQueue,
      refreshes: dependency('refresh queue'),
      refreshDelaySeconds: options.refreshDelaySeconds,
      telemetry: options.telemetry,
      logger: options.logger,
    };
  }

  /** Rows in batches under way, accepted ones not yet deleted from the queue included. */
  get inWork(): number {
    return this.#inWork + this.#acknowledger.unsettled;
  }

  /** Rows received and waiting for a batch. */
  get buffered(): number {
    return this.#buffer.size;
  }

  /** Receiving begins by itself once every index exists. */
  start(): Promise<void> {
    const { queue, dependency, visibilityTimeoutSeconds, heartbeatSeconds } = this.#options;
    const heartbeat = extendVisibility(
      {
        queue,
        dependency: dependency('queue visibility'),
        leases: this.#leases,
        visibilityTimeoutSeconds,
        heartbeatSeconds,
      },
      this.#work.signal,
    ).catch(rethrowUnless(this.#work.signal));
    const opening = this.#open().catch(rethrowUnless(this.#stopping.signal));
    this.#background = Promise.all([heartbeat, opening]);
    return Promise.resolve();
  }

  async #open(): Promise<void> {
    const { signal } = this.#stopping;
    await Promise.all(
      [...this.#options.routes.values()].map(({ spec, records, storage }) =>
        storage.call(async () => {
          const dimension = spec.embedding.dimensions;
          try {
            await records.ensure({ dimension, metric: spec.target.metric }, signal);
          } catch (error) {
            signal.throwIfAborted();
            // Also an index of another shape is waited for: a person may mend it, and no job is at fault.
            const reason = error instanceof Error ? error.message : String(error);
            throw new RetryableError(reason, { cause: error });
          }
        }, signal),
      ),
    );
    this.#options.logger.info({ event: 'receiving' });
    this.#receiver.start();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort();
    await this.#receiver.stop(deadline);
    const waiting = this.#buffer.take(Infinity);
    const handingBack = new AbortController();
    const abort = () => {
      this.#work.abort(deadline.reason);
      setTimeout(() => handingBack.abort(deadline.reason), handBackMs).unref();
    };
    deadline.addEventListener('abort', abort);
    if (deadline.aborted) abort();
    await Promise.all([this.#handBack(waiting, handingBack.signal), ...this.#batches]);
    await this.#acknowledger.whenAtMost(0);
    this.#work.abort();
    await this.#background;
    // A write that was cut off may take effect yet. Its message stays hidden until its lease is over: by that the next
    // emu knows to ask for the row anew.
    const certain = this.#leases.held().filter(({ unanswered }) => unanswered === 0);
    await this.#handBack(certain, handingBack.signal);
    deadline.removeEventListener('abort', abort);
  }

  #receive(messages: readonly ReceivedMessage[], receivedAt: number): void {
    faultPoint('emu.received');
    this.#options.telemetry.received(messages.length);
    this.#buffer.push(this.#leases.hold(messages, receivedAt));
    this.#dispatch();
  }

  #dispatch(): void {
    const { concurrency, maxBatch } = this.#options;
    while (
      this.#batches.size < concurrency &&
      this.#buffer.size > 0 &&
      !this.#stopping.signal.aborted
    ) {
      const batch = this.#workOff(this.#buffer.take(maxBatch)).finally(() => {
        this.#batches.delete(batch);
        this.#dispatch();
      });
      this.#batches.add(batch);
    }
  }

  async #workOff(leases: readonly Lease[]): Promise<void> {
    const { signal } = this.#work;
    this.#inWork += leases.length;
    try {
      await workOff(leases, this.#context, signal);
      // Deletions go on beside the next batch, but may not pile up behind a slow queue.
      await this.#acknowledger.whenAtMost(2 * this.#options.maxBatch);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#inWork -= leases.length;
    }
  }

  /** Lets other emus have these at once. */
  async #handBack(leases: readonly Lease[], signal: AbortSignal): Promise<void> {
    if (leases.length === 0) return;
    const { queue, logger } = this.#options;
    for (const lease of leases) this.#leases.release(lease);
    const messages = leases.flatMap((lease) => lease.messages);
    try {
      await queue.extend(messages, 0, signal);
      logger.info({ event: 'handed_back', messages: messages.length });
    } catch (error) {
      logger.warn({ event: 'hand_back_failed', messages: messages.length, err: error });
    }
  }
}

function rethrowUnless(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
