import { join } from 'node:path';
import { Embedder } from '@aviary/embedding';
import { createPool } from '@aviary/postgres';
import { Queue, createQueueClient } from '@aviary/queue';
import {
  AdminServer,
  ConfigError,
  Health,
  PermanentError,
  createLogger,
  createMetrics,
  runParts,
} from '@aviary/runtime';
import { SpecError, loadSemanticIndexes } from '@aviary/semantic-index';
import { VectorIndex } from '@aviary/vector-index';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { Figure } from './figure.ts';
import { readOutbox } from './outbox.ts';
import { ProductTable } from './product-table.ts';
import { Search } from './search.ts';
import { WebServer } from './web-server.ts';
import { askWorkers } from './workers.ts';

try {
  await main();
} catch (error) {
  const isForPeople =
    error instanceof ConfigError || error instanceof SpecError || error instanceof PermanentError;
  process.stderr.write(
    `frontend: ${isForPeople ? error.message : String((error as Error).stack)}\n`,
  );
  process.exit(1);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const specs = loadSemanticIndexes(config.SPECS);
  const spec = specs.find(({ name }) => name === config.PRODUCTS_INDEX);
  if (spec === undefined) {
    throw new ConfigError(
      `PRODUCTS_INDEX is "${config.PRODUCTS_INDEX}", and SPECS has ${specs.map(({ name }) => `"${name}"`).join(', ')}: name one of them.`,
    );
  }
  const logger = createLogger({ service: 'frontend', level: config.LOG_LEVEL });
  const pool = createPool({
    connectionString: config.DATABASE_URL,
    caFile: config.DATABASE_CA_FILE,
    max: 10,
    applicationName: 'aviary-frontend',
  });
  const sqs = createQueueClient({
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL_SQS,
  });
  const queue = new Queue(sqs, config.QUEUE_URL);
  const deadLetterQueue = new Queue(sqs, config.DEAD_LETTER_QUEUE_URL);
  const index = new VectorIndex({
    apiKey: config.PINECONE_API_KEY,
    ...(config.PINECONE_CONTROLLER_URL === undefined
      ? {}
      : { controllerHostUrl: config.PINECONE_CONTROLLER_URL }),
    ...spec.target,
  });
  const embedder = new Embedder({
    apiKey: config.OPENAI_API_KEY,
    ...(config.OPENAI_BASE_URL === undefined ? {} : { baseURL: config.OPENAI_BASE_URL }),
    ...spec.embedding,
  });
  const table = new ProductTable(pool, spec.source);
  const indexed = new Figure((signal) => index.count(signal), { keepMs: 400 });
  const search = new Search({ embedder, index, table, indexed });
  const app = createApp({
    table,
    index,
    search,
    status: {
      rows: new Figure(() => table.count(), { keepMs: 3_000 }),
      indexed,
      outbox: new Figure(() => readOutbox(pool), { keepMs: 400 }),
      queue: new Figure((signal) => queue.depth(signal), { keepMs: 400 }),
      deadLetters: new Figure(
        async (signal) => {
          const { visible, inFlight } = await deadLetterQueue.depth(signal);
          return visible + inFlight;
        },
        { keepMs: 400 },
      ),
      flock:
        config.WORKERS.length === 0
          ? undefined
          : new Figure((signal) => askWorkers(config.WORKERS, signal), { keepMs: 400 }),
      embedderHealth: () => search.embedderHealth,
    },
    logger,
    webDirectory: join(import.meta.dirname, '../dist/web'),
  });
  // Ready means answering. What this service depends on is every replica's alike: taking all of them out
  // would turn a degraded page into none, so it is shown by /api/status instead.
  const health = new Health();
  const admin = new AdminServer({
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    health,
    metrics: createMetrics('frontend'),
    status: () => ({ service: 'frontend' }),
  });
  const web = new WebServer(app, { host: config.HOST, port: config.PORT, health });
  await runParts([admin, web], { logger, graceMs: config.SHUTDOWN_GRACE_MS });
}
