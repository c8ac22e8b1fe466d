import { Embedder } from '@aviary/embedding';
import { ReadPool, createPool } from '@aviary/postgres';
import { Queue, createQueueClient } from '@aviary/queue';
import type { Logger } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import { VectorIndex } from '@aviary/vector-index';
import type { FrontendConfig } from './config.ts';
import { Figure } from './pipeline/figure.ts';
import { readOutbox } from './pipeline/outbox.ts';
import { ProductTable } from './products/product-table.ts';
import type { AppParts } from './app.ts';
import { Search } from './search/search.ts';
import { askWorkers } from './pipeline/workers.ts';

/** How long a figure of the status is kept: below the second in which a page asks again. */
const keepMs = 400;
/** Counting all rows is the one dear figure. */
const keepRowsMs = 3_000;

/** What the routes work with, connected as configured. Nothing is asked for before it is needed. */
export function connect(
  config: FrontendConfig,
  spec: SemanticIndex,
  logger: Logger,
): { parts: AppParts; close: () => Promise<void> } {
  const databaseAt = (connectionString: string) => ({
    connectionString,
    caFile: config.DATABASE_CA_FILE,
    iamRegion: config.DATABASE_IAM_AUTH ? config.AWS_REGION : undefined,
    max: 10,
    applicationName: 'aviary-frontend',
  });
  const pool = createPool(databaseAt(config.DATABASE_URL));
  const reads = new ReadPool({
    primary: pool,
    primaryUrl: config.DATABASE_URL,
    replicas: config.DATABASE_READ_URLS.map(databaseAt),
    onChange: ({ replica, isUp, reason }) => {
      if (isUp) logger.info({ event: 'replica_up', replica });
      else logger.warn({ event: 'replica_down', replica, reason });
    },
  });
  const sqs = createQueueClient({
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL_SQS,
  });
  const queue = new Queue(sqs, config.QUEUE_URL);
  const deadLetters = new Queue(sqs, config.DEAD_LETTER_QUEUE_URL);
  const index = new VectorIndex({
    apiKey: config.PINECONE_API_KEY,
    ...(config.PINECONE_CONTROLLER_URL === undefined
      ? {}
      : { controllerHostUrl: config.PINECONE_CONTROLLER_URL }),
    index: spec.target.index,
    namespace: spec.target.namespace,
  });
  const embedder = new Embedder({
    apiKey: config.OPENAI_API_KEY,
    ...(config.OPENAI_BASE_URL === undefined ? {} : { baseURL: config.OPENAI_BASE_URL }),
    ...spec.embedding,
  });
  const table = new ProductTable({ pool, reads }, spec.source);
  const indexed = new Figure((signal) => index.count(signal), { keepMs });
  const search = new Search({ embedder, index, table, indexed });
  const status = {
    rows: new Figure(() => table.count(), { keepMs: keepRowsMs }),
    indexed,
    outbox: new Figure(() => readOutbox(pool), { keepMs }),
    queue: new Figure(
      async (signal) => {
        const { visible, inFlight } = await queue.depth(signal);
        return { visible, inFlight };
      },
      { keepMs },
    ),
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
        : new Figure((signal) => askWorkers(config.WORKERS, signal), { keepMs }),
    embedderHealth: () => search.embedderHealth,
  };
  return {
    parts: { table, reads, index, search, status },
    close: () => {
      reads.close();
      return pool.end();
    },
  };
}
