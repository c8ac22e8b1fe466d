import { ReadPool, createPool } from '@aviary/postgres';
import { createQueueClient } from '@aviary/queue';
import type { Logger, Registry } from '@aviary/runtime';
import type { FrontendConfig } from './config.ts';
import { connectPipeline } from './pipeline/connect-pipeline.ts';
import { SpecFiles } from './indexes/spec-files.ts';
import { connectProducts } from './products/connect-products.ts';
import { ProductsDesk } from './products/products-desk.ts';
import { addReadMetrics } from './reads/read-metrics.ts';
import type { AppParts } from './app.ts';
import { connectSearch } from './search/connect-search.ts';

/** Longest statement, in milliseconds: nobody waits for more, and all requests share ten connections. */
const statementTimeoutMs = 10_000;

/**
 * What the routes work with, connected as configured, with the specs as they are. Nothing is asked for before it is
 * needed.
 *
 * @throws SpecError that lists every fault of the specs.
 */
export function connect(
  config: FrontendConfig,
  logger: Logger,
  metrics: Registry,
): { parts: AppParts; specs: SpecFiles; close: () => Promise<void> } {
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
  const { indexes, ...searching } = connectSearch({
    preferred: config.PRODUCTS_INDEX,
    openai: {
      apiKey: config.OPENAI_API_KEY,
      ...(config.OPENAI_BASE_URL !== undefined && { baseURL: config.OPENAI_BASE_URL }),
    },
    pinecone: {
      apiKey: config.PINECONE_API_KEY,
      controllerHostUrl: config.PINECONE_CONTROLLER_URL,
    },
    database: {
      primary: databaseAt(config.DATABASE_URL),
      replicas: config.DATABASE_READ_URLS.map(databaseAt),
    },
    logger,
    metrics,
  });
  // Where the products' records are may change while a saved row is on its way there.
  const fetchProducts = (ids: readonly string[], signal?: AbortSignal) =>
    indexes.get(config.PRODUCTS_INDEX).index.fetch(ids, signal);
  const products = new ProductsDesk(config.PRODUCTS_INDEX, (spec) =>
    connectProducts({ pool, reads }, spec, { fetch: fetchProducts }),
  );
  const specs = new SpecFiles({
    paths: config.SPECS,
    onChange: (now) => {
      indexes.replace(now);
      products.follow(now);
    },
    logger,
    metrics,
  });
  specs.read();
  const pipeline = connectPipeline({ config, pool, reads, sqs, indexes });
  return {
    parts: { indexes, products, reads, pipeline },
    specs,
    close: async () => {
      await pipeline.deadLetters.close();
      reads.close();
      await Promise.all([searching.close(), pool.end()]);
    },
  };
}
