import { join } from 'node:path';
import {
  AdminServer,
  ConfigError,
  Health,
  PermanentError,
  createLogger,
  createMetrics,
  runParts,
  withoutSecrets,
  type Part,
} from '@aviary/runtime';
import { SpecError } from '@aviary/semantic-index';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { connect } from './connect.ts';
import { WebServer } from './web-server.ts';

try {
  await main();
} catch (error) {
  const isForPeople =
    error instanceof ConfigError || error instanceof SpecError || error instanceof PermanentError;
  process.stderr.write(
    `frontend: ${isForPeople ? error.message : withoutSecrets(String((error as Error).stack))}\n`,
  );
  process.exit(1);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = createLogger({ service: 'frontend', level: config.LOG_LEVEL });
  const metrics = createMetrics('frontend');
  const { parts, specs, close } = connect(config, logger, metrics);
  const app = createApp({
    ...parts,
    config,
    logger,
    metrics,
    webDirectory: join(import.meta.dirname, '../dist/web'),
  });
  // Ready means answering. What this service depends on is every replica's alike: taking all of them out
  // would turn a degraded page into none, so it is shown by /api/status instead.
  const health = new Health();
  const admin = new AdminServer({
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    health,
    metrics,
    status: () => ({ service: 'frontend' }),
  });
  const web = new WebServer(app, { host: config.HOST, port: config.PORT, health });
  // Stopped last: answers under way still read.
  const database: Part = { name: 'postgres', start: () => Promise.resolve(), stop: close };
  // Followed rows keep their connections open: they end first.
  await runParts([admin, database, specs, parts.pipeline.history, web, parts.products], {
    logger,
    graceMs: config.SHUTDOWN_GRACE_MS,
  });
}
