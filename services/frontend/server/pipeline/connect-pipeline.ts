import { quoteIdentifier, type Pool, type ReadPool } from '@aviary/postgres';
import type { SemanticIndex } from '@aviary/semantic-index';
import { Queue, type createQueueClient } from '@aviary/queue';
import type { FrontendConfig } from '../config.ts';
import { DeadLetterDesk } from './dead-letter-desk.ts';
import type { SearchableIndexes } from '../indexes/searchable-indexes.ts';
import { Figure, type Reading } from './figure.ts';
import { History } from './history.ts';
import { IndexBoard } from './indexes.ts';
import { readOutbox } from './outbox.ts';
import { takeSample, type StatusSources } from './status-board.ts';
import { Workers } from './workers.ts';

/** How long a figure of the status is kept: below the second in which a page asks again. */
const keepMs = 400;
/** Counting all rows is the one dear figure. */
const keepRowsMs = 3_000;

const noIndex: Reading<number> = {
  value: null,
  reason: 'There is no SemanticIndex yet: SPECS names none.',
};
const well = { ok: true, reason: null };

/** What the pipeline's routes work with. */
export interface Pipeline {
  status: StatusSources;
  history: History;
  indexes: IndexBoard;
  deadLetters: DeadLetterDesk;
}

export interface PipelineConnections {
  config: FrontendConfig;
  pool: Pool;
  reads: ReadPool;
  sqs: ReturnType<typeof createQueueClient>;
  /** Rows, records and health are those of the first; dead letters are those of all. */
  indexes: SearchableIndexes;
}

/** Nothing is asked for before it is needed. */
export function connectPipeline(connections: PipelineConnections): Pipeline {
  const { config, pool, reads, sqs, indexes } = connections;
  const queue = new Queue(sqs, config.QUEUE_URL);
  const deadLetters = new Queue(sqs, config.DEAD_LETTER_QUEUE_URL);
  const refreshQueue = new Queue(sqs, config.REFRESH_QUEUE_URL);
  const workers = new Workers(config.WORKERS);
  const status: StatusSources = {
    rows: new Figure(() => countRows(reads, indexes.get(undefined).spec), { keepMs: keepRowsMs }),
    indexed: { get: async () => indexes.all[0]?.records.get() ?? noIndex },
    outbox: new Figure(() => readOutbox(pool), { keepMs }),
    queue: new Figure((signal) => queue.depth(signal), { keepMs }),
    refreshQueue: new Figure((signal) => refreshQueue.depth(signal), { keepMs }),
    deadLetters: new Figure(
      async (signal) => {
        const { visible, inFlight } = await deadLetters.depth(signal);
        return visible + inFlight;
      },
      { keepMs },
    ),
    flock:
      config.WORKERS.length === 0
        ? undefined
        : new Figure(() => workers.ask(), { keepMs, timeoutMs: 500 }),
    searchHealth: () => {
      const [first] = indexes.all;
      return {
        index: first?.search.dependency.health ?? well,
        embedder: first?.queries.dependency.health ?? well,
      };
    },
  };
  return {
    status,
    history: new History(() => takeSample(status)),
    indexes: new IndexBoard(pool),
    deadLetters: new DeadLetterDesk({
      queue: deadLetters,
      refreshQueue,
      known: () => new Set(indexes.all.map(({ spec }) => spec.name)),
    }),
  };
}

/** Exact. Takes about 5 ms per 100,000 rows. */
async function countRows(reads: ReadPool, { source }: SemanticIndex): Promise<number> {
  const relation = `${quoteIdentifier(source.schema)}.${quoteIdentifier(source.table)}`;
  const sql = `select count(*)::float8 as count from ${relation}`;
  const [row] = await reads.query<{ count: number }>('counting rows', sql);
  return row?.count ?? 0;
}
