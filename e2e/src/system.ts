import { join } from 'node:path';
import {
  startEmbeddings,
  type EmbeddingsOptions,
  type EmbeddingsServer,
} from '@aviary/local/embeddings';
import { startPinecone, type PineconeServer } from '@aviary/local/pinecone';
import {
  startService,
  testDatabase,
  testQueue,
  waitUntil,
  type ServiceProcess,
  type TestDatabase,
  type TestQueue,
} from '@aviary/testing';
import { VectorIndex } from '@aviary/vector-index';

/** The whole system but for the page: services as processes, on servers of the test's own. */
export interface System extends AsyncDisposable {
  database: TestDatabase;
  queue: TestQueue;
  pinecone: PineconeServer;
  embeddings: EmbeddingsServer;
  environment: Record<string, string>;
  /** Resolves when it is ready. */
  start: (
    service: 'pelican' | 'emu',
    environment?: Record<string, string>,
  ) => Promise<ServiceProcess>;
  index: (namespace: string) => VectorIndex;
  /** Waits until nothing is on its way any more. */
  quiet: () => Promise<void>;
}

/** @param specs files or directories, from the checkout's root */
export async function startSystem(options: {
  tables: string;
  specs: string[];
  embeddings?: EmbeddingsOptions;
  /** Another SQS stand-in than the run's. */
  sqsUrl?: string;
}): Promise<System> {
  const database = await testDatabase();
  await database.sql(options.tables);
  const [queue, pinecone, embeddings] = await Promise.all([
    testQueue(options.sqsUrl),
    startPinecone(),
    startEmbeddings({
      model: { stub: { baseMs: 5, perTextMs: 0, dimensions: 384 } },
      ...options.embeddings,
    }),
  ]);
  const environment = {
    ...queue.environment,
    DATABASE_URL: database.url,
    SPECS: options.specs.map((spec) => join(import.meta.dirname, '../..', spec)).join(),
    OPENAI_API_KEY: 'test',
    OPENAI_BASE_URL: embeddings.url,
    PINECONE_API_KEY: 'test',
    PINECONE_CONTROLLER_URL: pinecone.url,
    REFRESH_DELAY_SECONDS: '3',
    LOG_LEVEL: 'warn',
  };
  const services: ServiceProcess[] = [];
  return {
    database,
    queue,
    pinecone,
    embeddings,
    environment,
    start: async (service, more = {}) => {
      const started = await startService(`services/${service}/src/main.ts`, {
        ...environment,
        ...more,
      });
      services.push(started);
      await started.ready();
      return started;
    },
    index: (namespace) =>
      new VectorIndex({
        apiKey: 'test',
        controllerHostUrl: pinecone.url,
        index: 'aviary',
        namespace,
      }),
    quiet: async () => {
      const pending = async () => {
        const [rows] = await database.sql<{ count: number }>(
          `select (select count(*) from aviary.outbox)::integer
                + (select count(*) from aviary.backfill where finished_at is null)::integer as count`,
        );
        const depths = await Promise.all([queue.queue.depth(), queue.refresh.depth()]);
        const messages = depths.map(
          ({ visible, inFlight, delayed }) => visible + inFlight + delayed,
        );
        return messages.reduce((sum, count) => sum + count, rows?.count ?? 0);
      };
      await waitUntil(
        // Twice: what goes from a queue to the outbox between two looks is seen by the next.
        async () => (await pending()) === 0 && (await pending()) === 0,
        { what: 'the outbox and both queues are empty', timeoutMs: 150_000 },
      );
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(services.map((service) => service.stop('SIGKILL')));
      await Promise.all([pinecone.close(), embeddings.close(), database.drop()]);
    },
  };
}
