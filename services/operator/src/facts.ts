import { PermanentError, RetryableError } from '@aviary/runtime';
import { Queue, createQueueClient, findQueues } from '@aviary/queue';
import { VectorIndex } from '@aviary/vector-index';
import { z } from 'zod';
import { auditCounts, findingsOf } from './findings.ts';
import type { Generation, Queues } from './generation.ts';
import type { Backfill, EndedAudit, Known, QueueDepth, TargetShape } from './observed.ts';

/** A fact that is later than this is unknown for now. */
const patienceMs = 5_000;
/** How long an index is taken for what it was, in milliseconds: nothing else can change it, but it may be deleted. */
const shapeLastsMs = 60_000;

export interface FactsOptions {
  sqs: ReturnType<typeof createQueueClient>;
  vectorsOf: (index: string, namespace: string) => VectorIndex;
  /** Of a generation's pelicans, where /status is. */
  pelicanUrl: (generation: string) => string;
}

const pelicanStatus = z.object({
  outbox: z.object({ oldestAgeSeconds: z.number() }).optional(),
  backfills: z
    .array(
      z.object({
        index: z.string(),
        phase: z.string(),
        processed: z.number(),
        total: z.number(),
      }),
    )
    .optional(),
  audits: z
    .array(z.object({ index: z.string(), finishedAt: z.iso.datetime(), ...auditCounts.shape }))
    .optional(),
});
type PelicanStatus = z.infer<typeof pelicanStatus>;

/** What others than the API server know of an index. A server that is away makes its facts unknown, and no others. */
export class Facts {
  readonly #options: FactsOptions;
  readonly #urls = new Map<string, Queues>();
  readonly #shapes = new Map<string, { shape: TargetShape | undefined; until: number }>();

  constructor(options: FactsOptions) {
    this.#options = options;
  }

  /** The queues that were made by this name; looked up once. */
  queues(name: string): Promise<Known<Queues | undefined>> {
    return known(async (signal) => {
      const before = this.#urls.get(name);
      if (before !== undefined) return before;
      const found = await findQueues(this.#options.sqs, name, signal);
      if (found === undefined) return undefined;
      const {
        queueUrl: url,
        deadLetterQueueUrl: deadLetterUrl,
        refreshQueueUrl: refreshUrl,
      } = found;
      const queues = { url, deadLetterUrl, refreshUrl };
      this.#urls.set(name, queues);
      return queues;
    });
  }

  /** To look for them anew: they were deleted, or do not answer. */
  forgetQueues(name: string): void {
    this.#urls.delete(name);
  }

  depth({ url, deadLetterUrl }: Queues, pelican: Known<PelicanStatus>): Promise<Known<QueueDepth>> {
    return known(async (signal) => {
      const { sqs } = this.#options;
      const [changes, dead] = await Promise.all([
        new Queue(sqs, url).depth(signal),
        new Queue(sqs, deadLetterUrl).depth(signal),
      ]);
      const outbox = 'value' in pelican ? pelican.value.outbox : undefined;
      return {
        visible: changes.visible,
        inFlight: changes.inFlight,
        deadLettered: dead.visible + dead.inFlight,
        oldestAgeSeconds: outbox && Math.round(outbox.oldestAgeSeconds),
      };
    });
  }

  target({ index }: Generation['spec']['target']): Promise<Known<TargetShape | undefined>> {
    return known(async (signal) => {
      const before = this.#shapes.get(index);
      if (before !== undefined && before.until > Date.now()) return before.shape;
      const found = await this.#options.vectorsOf(index, '').shape(signal);
      const shape = found && { dimensions: found.dimension, metric: found.metric };
      // One that is not there is about to be made.
      const until = shape === undefined ? 0 : Date.now() + shapeLastsMs;
      this.#shapes.set(index, { shape, until });
      return shape;
    });
  }

  records({ index, namespace }: Generation['spec']['target']): Promise<Known<number>> {
    return known(async (signal) => {
      const shape = await this.#options.vectorsOf(index, '').shape(signal);
      return shape === undefined ? 0 : this.#options.vectorsOf(index, namespace).count(signal);
    });
  }

  pelican(generation: string): Promise<Known<PelicanStatus>> {
    return known(async (signal) => {
      const url = this.#options.pelicanUrl(generation);
      const answer = await fetch(url, { signal }).catch((cause: unknown) => {
        throw new RetryableError(`No pelican answers at ${url}`, { cause });
      });
      const status = pelicanStatus.safeParse(await answer.json());
      if (status.success) return status.data;
      throw new RetryableError(`Something else than a pelican answers at ${url}`);
    });
  }
}

/** How far the backfill of a generation is; undefined when Postgres has none of it. */
export function backfillOf(
  generation: string,
  status: Known<PelicanStatus>,
): Known<Backfill | undefined> {
  if ('unknown' in status) return status;
  const { backfills } = status.value;
  if (backfills === undefined) return { unknown: 'its pelican does not reach the database' };
  const found = backfills.find(({ index }) => index === generation);
  if (found === undefined || found.phase === 'never asked for') return { value: undefined };
  const { phase, processed, total } = found;
  return { value: { processed, total, finished: phase === 'finished' } };
}

/** What the last audit of a generation found; undefined when there was none, or its pelican is too old to tell. */
export function auditOf(
  generation: string,
  status: Known<PelicanStatus>,
): Known<EndedAudit | undefined> {
  if ('unknown' in status) return status;
  const found = status.value.audits?.find(({ index }) => index === generation);
  return {
    value: found && { endedAt: Date.parse(found.finishedAt), found: findingsOf(found) },
  };
}

async function known<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<Known<T>> {
  const signal = AbortSignal.timeout(patienceMs);
  try {
    return { value: await ask(signal) };
  } catch (error) {
    if (signal.aborted) return { unknown: `no answer within ${patienceMs / 1_000} s` };
    if (error instanceof RetryableError || error instanceof PermanentError)
      return { unknown: error.message };
    throw error;
  }
}
