import { provenanceOf, recordId } from '@aviary/change-job';
import { RetryableError, type Part } from '@aviary/runtime';
import type { VectorIndex } from '@aviary/vector-index';
import { isLastStep, type JourneyEvent, type JourneyStep } from '../../shared/journey.ts';
import { within } from '../within.ts';
import { journeyStepsOf } from './journey-steps.ts';
import type { OutboxQuestions } from './outbox-questions.ts';
import type { ProductTable } from './product-table.ts';

/** A row is looked at after an eighth of the time it has been followed, within these bounds, in milliseconds. */
const pauses = { shortest: 40, longest: 1_000, share: 1 / 8 };
const pauseAfterFailureMs = 1_000;
/** Longest wait for one look. */
const lookMs = 5_000;

export interface JourneysOptions {
  table: ProductTable;
  index: Pick<VectorIndex, 'fetch'>;
  outbox: OutboxQuestions;
  /** Most rows followed at once, 200 unless said otherwise. */
  most?: number;
  /** How long a row is followed, a minute unless said otherwise. */
  timeoutMs?: number;
}

interface Follower {
  readonly id: number;
  readonly since: number;
  readonly beganAt: number;
  readonly tell: (event: JourneyEvent) => void;
  readonly end: () => void;
  /** Milliseconds told of each step. */
  readonly told: Map<JourneyStep, number>;
  lookAt: number;
}

/**
 * Follows saved rows on their way into search. However many are followed, one loop looks for all that are due at once:
 * one fetch from the index, two small reads from Postgres.
 */
export class Journeys implements Part {
  readonly name = 'journeys';
  readonly #options: JourneysOptions;
  readonly #followers = new Set<Follower>();
  #loop: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #stopping = false;

  constructor(options: JourneysOptions) {
    this.#options = options;
  }

  /** @throws RetryableError when no more rows can be followed. */
  admit(): void {
    const { most = 200 } = this.#options;
    if (!this.#stopping && this.#followers.size < most) return;
    throw new RetryableError(
      this.#stopping
        ? 'This server is stopping: ask again.'
        : `The way of ${most} rows is being followed, the most there may be: ask again in a moment.`,
    );
  }

  /**
   * Tells each step of a change that was saved at `since` as soon as it is known. Resolves after the last one, or when
   * the signal aborts or the server stops: whoever asks again then goes on where this ended.
   */
  async follow(
    change: { id: number; since: number },
    tell: (event: JourneyEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.admit();
    const ended = Promise.withResolvers<undefined>();
    const now = performance.now();
    const follower: Follower = {
      ...change,
      beganAt: now,
      tell,
      end: () => ended.resolve(undefined),
      told: new Map(),
      lookAt: now,
    };
    signal.addEventListener('abort', follower.end);
    this.#tell(follower, { step: 'saved', ms: 0 });
    this.#followers.add(follower);
    this.#wake();
    this.#loop ??= this.#run().finally(() => (this.#loop = undefined));
    await ended.promise;
    this.#followers.delete(follower);
    this.#wake();
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { end } of this.#followers) end();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (this.#followers.size > 0) {
      const now = performance.now();
      const due = [...this.#followers].filter(({ lookAt }) => lookAt <= now);
      if (due.length > 0) await this.#look(due);
      else await this.#sleep(Math.min(...[...this.#followers].map(({ lookAt }) => lookAt)) - now);
    }
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #look(due: readonly Follower[]): Promise<void> {
    const { timeoutMs = 60_000 } = this.#options;
    const failed = await this.#tellNews(due).then(
      () => false,
      () => true,
    );
    const now = performance.now();
    for (const follower of due) {
      const followedMs = now - follower.beganAt;
      if (followedMs > timeoutMs && !hasEnded(follower)) {
        this.#tell(follower, { step: 'timeout', ms: Math.round(followedMs) });
      }
      const pause = Math.min(Math.max(followedMs * pauses.share, pauses.shortest), pauses.longest);
      follower.lookAt = now + (failed ? pauseAfterFailureMs : pause);
    }
  }

  async #tellNews(due: readonly Follower[]): Promise<void> {
    const { index, table, outbox } = this.#options;
    const ids = [...new Set(due.map(({ id }) => id))];
    const keys = new Map(ids.map((id) => [id, recordId([String(id)])]));
    const queueing = due.filter(({ told }) => !told.has('queued'));
    const [records, { present, now }, awaiting] = await Promise.all([
      within(lookMs, (signal) => index.fetch([...keys.values()], signal)),
      table.presence(ids),
      queueing.length > 0 ? outbox.await(queueing) : [],
    ]);
    for (const follower of due) {
      const { id, since } = follower;
      const record = records.get(keys.get(id) ?? '');
      const events = journeyStepsOf(since, {
        now,
        exists: present.has(id),
        awaitsQueueing: awaiting[queueing.indexOf(follower)],
        hasRecord: record !== undefined,
        provenance: provenanceOf(record?.metadata),
      });
      for (const event of events) this.#tell(follower, event);
    }
  }

  #tell(follower: Follower, event: JourneyEvent): void {
    if (hasEnded(follower) || follower.told.get(event.step) === event.ms) return;
    follower.told.set(event.step, event.ms);
    follower.tell(event);
    if (isLastStep(event.step)) {
      follower.end();
      this.#followers.delete(follower);
    }
  }
}

const hasEnded = ({ told }: Follower) => [...told.keys()].some(isLastStep);
