import { cutConnections } from '@aviary/postgres';
import { Queue, createQueueClient } from '@aviary/queue';
import {
  AdminServer,
  ConfigError,
  Health,
  PermanentError,
  createLogger,
  createMetrics,
  runParts,
  type Part,
  withoutSecrets,
} from '@aviary/runtime';
import { SpecError, loadSemanticIndexes, type SemanticIndex } from '@aviary/semantic-index';
import { VectorIndex } from '@aviary/vector-index';
import { AuditSchedule } from './audit/audit-schedule.ts';
import { AuditStatistics } from './audit/audit-statistics.ts';
import { audit } from './audit/audit.ts';
import { showBacklog } from './backlog-statistics.ts';
import { BackfillStatistics } from './backfill/backfill-statistics.ts';
import { Backfill } from './backfill/backfill.ts';
import { databaseOf, readConfig } from './config.ts';
import { openPool } from './tables/open-pool.ts';
import { readProgress } from './progress.ts';
import { Refresh } from './refresh.ts';
import { Relay } from './relay.ts';
import { Sources } from './tables/sources.ts';
import { RelayStatistics } from './statistics.ts';
import { sweep } from './backfill/sweep.ts';
import { Wake } from './wake.ts';

try {
  await main();
} catch (error) {
  const isForPeople =
    error instanceof ConfigError || error instanceof SpecError || error instanceof PermanentError;
  process.stderr.write(
    `pelican: ${isForPeople ? error.message : withoutSecrets(String((error as Error).stack))}\n`,
  );
  process.exit(1);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const indexes = loadSemanticIndexes(config.SPECS);
  const names = indexes.map(({ name }) => name);
  const logger = createLogger({ service: 'pelican', level: config.LOG_LEVEL });
  const metrics = createMetrics('pelican');
  const health = new Health();
  const statistics = new RelayStatistics(metrics);
  const pool = openPool({
    ...databaseOf(config),
    max: config.LANES + 4,
  });
  // Apart, so that who asks for the status takes nobody's connection, least of all one that waits in vain.
  const statusPool = openPool({ ...databaseOf(config), max: 1 });
  const sqs = createQueueClient({
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL_SQS,
  });
  const queue = new Queue(sqs, config.QUEUE_URL);
  const deadLetters = new Queue(sqs, config.DEAD_LETTER_QUEUE_URL);
  const refreshes = new Queue(sqs, config.REFRESH_QUEUE_URL);
  showBacklog(metrics, {
    pool,
    names,
    queues: { changes: queue, refreshes, dead_letters: deadLetters },
  });
  const sources = new Sources({ pool, indexes, health, logger, lookEveryMs: 60_000 });
  const relay = new Relay({
    pool,
    tables: sources.tables,
    queue,
    deadLetters,
    wake: new Wake(pool, sources.tables, () => {
      if (health.ok('outbox')) logger.info({ event: 'outbox_answers' });
    }),
    health,
    logger,
    statistics,
    lanes: config.LANES,
    batchKeys: config.BATCH_ROWS,
  });
  const refresh = new Refresh({
    queue: refreshes,
    pool,
    tables: sources.tables,
    health,
    logger,
    statistics,
  });
  const vectorsOf = ({ target: { index, namespace } }: SemanticIndex) =>
    new VectorIndex({
      apiKey: config.PINECONE_API_KEY,
      region: config.PINECONE_REGION,
      controllerHostUrl: config.PINECONE_CONTROLLER_URL,
      index,
      namespace,
    });
  const backfill = new Backfill({
    pool,
    queueDepth: async (signal) => (await queue.depth(signal)).visible,
    tables: sources.tables,
    sweep: async (table, pace) => {
      const vectors = vectorsOf(table.index);
      const { target, embedding } = table.index;
      // A pelican may be the first to come.
      await vectors.ensure({ dimension: embedding.dimensions, metric: target.metric }, pace.signal);
      return sweep(pool, table, vectors, pace);
    },
    health,
    logger,
    statistics: new BackfillStatistics(metrics),
  });
  const audits = new AuditSchedule({
    pool,
    tables: sources.tables,
    everyMinutes: config.AUDIT_EVERY_MINUTES,
    audit: (table, signal) =>
      audit({
        pool,
        table,
        vectors: vectorsOf(table.index),
        queue: new Queue(sqs, config.QUEUE_URL),
        refreshQueue: new Queue(sqs, config.REFRESH_QUEUE_URL),
        repair: true,
        gently: true,
        waitMs: 120_000,
        examples: 5,
        signal,
      }),
    logger,
    statistics: new AuditStatistics(metrics),
  });
  const admin = new AdminServer({
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    health,
    metrics,
    status: async () => ({
      service: 'pelican',
      specs: names,
      ...statistics.totals,
      rates: statistics.rates,
      ...(await readProgress(statusPool, names)),
    }),
  });
  // Stopped first: a server that no longer answers may not hold up those that wait for it.
  const cutOff: Part = {
    name: 'connections',
    start: () => Promise.resolve(),
    stop: (deadline) => {
      cutConnections(statusPool);
      deadline.addEventListener('abort', () => cutConnections(pool), { once: true });
      return Promise.resolve();
    },
  };
  await runParts([admin, sources, relay, backfill, refresh, audits, cutOff], {
    logger,
    graceMs: config.SHUTDOWN_GRACE_MS,
  });
}
