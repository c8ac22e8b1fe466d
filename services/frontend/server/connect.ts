import { Embedder } from '@aviary/embedding';
import { ReadPool, createPool } from '@aviary/postgres';
import { createQueueClient } from '@aviary/queue';
import type { Logger, Registry } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import { VectorIndex } from '@aviary/vector-index';
import type { FrontendConfig } from './config.ts';
import { connectPipeline } from './pipeline/connect-pipeline.ts';
import { Figure } from './pipeline/figure.ts';
import { connectProducts } from './products/connect-products.ts';
import { addReadMetrics } from './reads/read-metrics.ts';
import type { AppParts } from './app.ts';
import { connectSearch } from './search/connect-search.ts';

/** How long a figure of the status is kept: below the second in which a page asks again. */
const keepMs = 400;
/** Longest statement, in milliseconds: nobody waits for more, and all requests share ten connections. */
const statementTimeoutMs = 10_000;

/**
 * What the routes work with, connected as configured. Nothing is asked for before it is needed.
 *
 * @param spec of the products
 * @param specs all there are: dead letters are those of every index
 */
export function connect(
  config: FrontendConfig,
  spec: SemanticIndex,
  specs: readonly SemanticIndex[],
  logger: Logger,
  metrics: Registry,
): { parts: AppParts; close: () => Promise<void> } {
  const databaseAt = (connectionString: string) => ({
    connectionString,
    caFile: config.DATABASE_CA_FILE,
    iamRegion: config.DATABASE_IAM_AUTH ? config.AWS_REGION : undefined,
    max: 10,
    statementTimeoutMs,
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
  addReadMetrics(metrics, reads);
  const sqs = createQueueClient({
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL_SQS,
  });
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
  const products = connectProducts({ pool, reads }, spec, index);
  const { table } = products;
  const indexed = new Figure((signal) => index.count(signal), { keepMs });
  const { search, highlights, ...searching } = connectSearch({
    spec,
    embedder,
    index,
    table,
    indexed,
    database: {
      primary: databaseAt(config.DATABASE_URL),
      replicas: config.DATABASE_READ_URLS.map(databaseAt),
    },
    logger,
    metrics,
  });
  const pipeline = connectPipeline({
    config,
    pool,
    sqs,
    countRows: () => table.count(),
    indexed,
    searchHealth: () => search.health,
    known: new Set(specs.map(({ name }) => name)),
  });
  return {
    parts: { products, reads, index, search, highlights, pipeline },
    close: async () => {
      await pipeline.deadLetters.close();
      reads.close();
      await Promise.all([searching.close(), pool.end()]);
    },
  };
}
