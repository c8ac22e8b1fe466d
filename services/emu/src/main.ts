import { hostname } from 'node:os';
import { Embedder, Pacer } from '@aviary/embedding';
import { Queue, createQueueClient } from '@aviary/queue';
import {
  AdminServer,
  ConfigError,
  Health,
  createLogger,
  createMetrics,
  runParts,
} from '@aviary/runtime';
import { SpecError, loadSemanticIndexes, type SemanticIndex } from '@aviary/semantic-index';
import { VectorIndex } from '@aviary/vector-index';
import { loadEmuConfig, type EmuConfig } from './config.ts';
import { Dependency } from './dependency.ts';
import { writeMarginMs } from './leases.ts';
import { Pipeline } from './pipeline.ts';
import type { Route } from './route.ts';
import { Telemetry } from './telemetry.ts';

const { config, specs } = readSetUp();
const logger = createLogger({ service: 'emu', level: config.LOG_LEVEL });
const health = new Health();
const metrics = createMetrics('emu');
const telemetry = new Telemetry(metrics);

const dependency = (name: string) =>
  new Dependency({ name, health, logger, onRetry: () => telemetry.retried(name) });

const queueClient = createQueueClient({
  region: config.AWS_REGION,
  endpoint: config.AWS_ENDPOINT_URL_SQS,
});
const queue = new Queue(queueClient, config.QUEUE_URL);
const deadLetterQueue = new Queue(queueClient, config.DEAD_LETTER_QUEUE_URL);
const refreshQueue = new Queue(queueClient, config.REFRESH_QUEUE_URL);

// Limits are the account's for a model, so its Embedders keep one pace.
const pacers = new Map(specs.map(({ embedding }) => [embedding.model, new Pacer()]));
const tokensPerMinute = () =>
  Object.fromEntries([...pacers].map(([model, pacer]) => [model, pacer.tokensPerMinute]));

const pipeline = new Pipeline({
  queue,
  deadLetterQueue,
  refreshQueue,
  routes: routesOf(specs),
  telemetry,
  logger,
  dependency,
  visibilityTimeoutSeconds: config.VISIBILITY_TIMEOUT_SECONDS,
  heartbeatSeconds: config.HEARTBEAT_SECONDS,
  refreshDelaySeconds: config.REFRESH_DELAY_SECONDS,
  maxBatch: config.MAX_BATCH,
  concurrency: config.CONCURRENCY,
  receivers: config.RECEIVERS,
});
health.expect('queue');
telemetry.observe(metrics, {
  queue,
  inWork: () => pipeline.inWork,
  buffered: () => pipeline.buffered,
  tokensPerMinute,
});

const admin = new AdminServer({
  host: config.ADMIN_HOST,
  port: config.ADMIN_PORT,
  health,
  metrics,
  status: () => ({
    service: 'emu',
    id: `${hostname()}-${process.pid}`,
    specs: specs.map(({ name }) => name),
    inWork: pipeline.inWork,
    buffered: pipeline.buffered,
    tokensPerMinute: tokensPerMinute(),
    ...telemetry.snapshot(),
  }),
});

await runParts([admin, pipeline], { logger, graceMs: config.SHUTDOWN_GRACE_MS });

function readSetUp(): { config: EmuConfig; specs: SemanticIndex[] } {
  try {
    const config = loadEmuConfig(process.env);
    return { config, specs: loadSemanticIndexes(config.SPECS) };
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof SpecError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

function routesOf(indexes: readonly SemanticIndex[]): Map<string, Route> {
  const embedding = dependency('embedder');
  return new Map(
    indexes.map((spec) => {
      const { model, dimensions, baseURL = config.OPENAI_BASE_URL } = spec.embedding;
      const { index, namespace } = spec.target;
      const storageName = `index ${index}/${namespace}`;
      health.expect(storageName);
      const pacer = pacers.get(model);
      const embedder = new Embedder({
        apiKey: config.OPENAI_API_KEY,
        ...(baseURL === undefined ? {} : { baseURL }),
        model,
        dimensions,
        ...(pacer === undefined ? {} : { pacer }),
        onUsage: ({ tokens }) => telemetry.tokens(spec.name, tokens),
      });
      const records = new VectorIndex({
        apiKey: config.PINECONE_API_KEY,
        region: config.PINECONE_REGION,
        controllerHostUrl: config.PINECONE_CONTROLLER_URL,
        index,
        namespace,
        requestTimeoutMs: Math.min(
          30_000,
          writeMarginMs(config.VISIBILITY_TIMEOUT_SECONDS * 1_000),
        ),
      });
      return [spec.name, { spec, embedder, embedding, records, storage: dependency(storageName) }];
    }),
  );
}
