import type { Pool } from '@aviary/postgres';
import { Queue, type createQueueClient } from '@aviary/queue';
import type { FrontendConfig } from '../config.ts';
import { DeadLetterDesk } from './dead-letter-desk.ts';
import { Figure } from './figure.ts';
import { History } from './history.ts';
import { IndexBoard } from './indexes.ts';
import { readOutbox } from './outbox.ts';
import { takeSample, type StatusSources } from './status-board.ts';
import { Workers } from './workers.ts';

/** How long a figure of the status is kept: below the second in which a page asks again. */
const keepMs = 400;
/** Counting all rows is the one dear figure. */
const keepRowsMs = 3_000;

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
  sqs: ReturnType<typeof createQueueClient>;
  countRows: () => Promise<number>;
  indexed: Figure<number>;
  searchHealth: StatusSources['searchHealth'];
  /** Names of the SemanticIndexes there are specs of. */
  known: ReadonlySet<string>;
}

/** Nothing is asked for before it is needed. */
export function connectPipeline(connections: PipelineConnections): Pipeline {
  const { config, pool, sqs, countRows, indexed, searchHealth, known } = connections;
  const queue = new Queue(sqs, config.QUEUE_URL);
  const deadLetters = new Queue(sqs, config.DEAD_LETTER_QUEUE_URL);
  const refreshQueue = new Queue(sqs, config.REFRESH_QUEUE_URL);
  const workers = new Workers(config.WORKERS);
  const status: StatusSources = {
    rows: new Figure(countRows, { keepMs: keepRowsMs }),
    indexed,
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
    searchHealth,
  };
  return {
    status,
    history: new History(() => takeSample(status)),
    indexes: new IndexBoard(pool),
    deadLetters: new DeadLetterDesk({ queue: deadLetters, refreshQueue, known }),
  };
}
