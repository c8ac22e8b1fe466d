import { readFileSync } from 'node:fs';
import { readSurroundings } from '@aviary/cdk8s';
import { createQueueClient } from '@aviary/queue';
import {
  AdminServer,
  ConfigError,
  Health,
  createLogger,
  createMetrics,
  runParts,
  withoutSecrets,
  type Part,
} from '@aviary/runtime';
import { VectorIndex } from '@aviary/vector-index';
import { readConfig } from './config.ts';
import { Controller } from './controller.ts';
import { ApiServer } from './kubernetes/api-server.ts';
import { connectionTo, loadKubeConfig } from './kubernetes/connection.ts';
import { RateLimit } from './kubernetes/rate-limit.ts';
import { leaseName } from './kubernetes/rights.ts';
import { Leader } from './leader.ts';
import { Telemetry } from './telemetry.ts';

try {
  await main();
} catch (error) {
  const isForPeople = error instanceof ConfigError;
  process.stderr.write(
    `operator: ${isForPeople ? error.message : withoutSecrets(String((error as Error).stack))}\n`,
  );
  process.exit(1);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const surroundings = readSurroundings(readFileSync(config.SURROUNDINGS, 'utf8'));
  const logger = createLogger({ service: 'operator', level: config.LOG_LEVEL });
  const metrics = createMetrics('operator');
  const health = new Health();
  health.expect('api-server');
  const relistMs = config.RELIST_SECONDS * 1_000;
  // Of an operator that follows, the Lease is the only thing that it hears of.
  let [heardAt, leads] = [performance.now(), false];
  const heard = () => {
    heardAt = performance.now();
    health.ok('api-server');
  };
  const telemetry: Telemetry = new Telemetry(metrics, {
    depth: () => controller.depth,
    indexes: () => controller.indexes,
    leads: () => leads,
  });
  const api = new ApiServer({
    connection: connectionTo(loadKubeConfig(config.KUBECONFIG)),
    namespace: config.NAMESPACE,
    fieldManager: 'aviary-operator',
    rateLimit: new RateLimit({
      perSecond: config.REQUESTS_PER_SECOND,
      burst: config.REQUEST_BURST,
    }),
    onRequest: (verb, resource, status) => telemetry.requested(verb, resource, status),
  });
  const controller: Controller = new Controller({
    ...{ api, surroundings, logger, telemetry, relistMs },
    identity: config.IDENTITY,
    workers: config.WORKERS,
    onListed: heard,
    sqs: createQueueClient({
      region: config.AWS_REGION,
      endpoint: config.AWS_ENDPOINT_URL_SQS,
    }),
    vectorsOf: (index, namespace) =>
      new VectorIndex({
        apiKey: config.PINECONE_API_KEY,
        region: config.PINECONE_REGION,
        controllerHostUrl: config.PINECONE_CONTROLLER_URL,
        index,
        namespace,
        requestTimeoutMs: 10_000,
      }),
    pelicanUrl: (generation) =>
      `http://pelican-${generation}-admin.${config.NAMESPACE}.svc:9090/status`,
  });
  const leader = new Leader({
    ...{ api, logger, name: leaseName },
    identity: config.IDENTITY,
    leaseMs: config.LEASE_SECONDS * 1_000,
    onContact: () => {
      if (!leads) heard();
    },
  });
  const stopping = new AbortController();
  let led: Promise<void> = Promise.resolve();
  const operator: Part = {
    name: 'operator',
    start: () => {
      led = leader.run(async (term) => {
        leads = true;
        heard();
        try {
          await controller.run(term);
        } finally {
          leads = false;
        }
      }, stopping.signal);
      // Nothing that it foresees ends it: a pod that starts anew knows nothing wrong.
      led.catch((error: unknown) => {
        logger.fatal({ event: 'failed', err: error });
        process.exit(1);
      });
      return Promise.resolve();
    },
    stop: async () => {
      stopping.abort(new Error('stopped'));
      await led;
    },
  };
  const admin = new AdminServer({
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    health,
    metrics,
    status: () => ({
      service: 'operator',
      identity: config.IDENTITY,
      leads,
      indexes: controller.indexes,
      queued: controller.depth,
    }),
    // Lists come at least once in that time; a process that gets none for twice as long is stuck.
    isLive: () => performance.now() - heardAt < 2 * relistMs + 60_000,
  });
  await runParts([admin, operator], { logger, graceMs: config.SHUTDOWN_GRACE_MS });
}
