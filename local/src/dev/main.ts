import { mkdirSync, rmSync } from 'node:fs';
import pg from 'pg';
import { createQueueClient, provisionQueue } from '@aviary/queue';
import { startPostgres } from '../postgres/start-postgres.ts';
import { writeEnvironmentFile } from './environment-file.ts';
import { freePort, requireFreePort } from './free-port.ts';
import { buildPage, pageIsStale } from './page.ts';
import { Processes, endLeftovers } from './processes.ts';
import { untilSearchable } from './progress.ts';
import { fillSampleTables, mendAfterQueueLoss } from './sample-tables.ts';
import { paths, readSettings, type Settings } from './settings.ts';

/** `make dev`: the whole system on a laptop, as real processes, until Ctrl-C. */

/** As slow as OpenAI's small batches; what `make bench` measures against. */
const stub = { STUB_BASE_MS: '30', STUB_PER_TEXT_MS: '0.2', STUB_DIMENSIONS: '384' };

const stopping = new AbortController();
let processes: Processes | undefined;
let postgres: Awaited<ReturnType<typeof startPostgres>> | undefined;

async function run(): Promise<void> {
  const settings = readSettings(process.env);
  await endLeftovers(paths.processes);
  await requireFreePort(settings.PORT);
  mkdirSync(paths.logs, { recursive: true });
  processes = new Processes(paths, (name, log) => {
    say(`${name} has ended unexpectedly; its log is ${log}`);
    stopping.abort(new Error(`${name} has ended`));
  });

  say('Starting Postgres …');
  postgres = await startPostgres({ dataDir: paths.postgres, settings: { max_connections: '200' } });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    await fillSampleTables(client, postgres.url, settings.ROWS, stopping.signal);
    await mendAfterQueueLoss(client);
  } finally {
    await client.end();
  }
  if (pageIsStale()) {
    say('Building the page …');
    await buildPage();
  }

  say('Starting the stand-ins and services …');
  const shared = await startStandIns(processes, settings, postgres.url);
  // No command embeds, and an empty variable counts as absent.
  writeEnvironmentFile(paths.environment, { ...shared, OPENAI_API_KEY: '' });
  const workers = await startWorkers(processes, settings, shared);
  const url = `http://127.0.0.1:${settings.PORT}`;
  await processes.start({
    name: 'frontend',
    script: 'services/frontend/server/main.ts',
    environment: {
      ...shared,
      HOST: '127.0.0.1',
      PORT: String(settings.PORT),
      WORKERS: workers.map(({ url: admin }) => admin).join(),
      ADMIN_HOST: '127.0.0.1',
      ADMIN_PORT: String(await freePort()),
    },
  });
  await untilSearchable(url, stopping.signal);

  const standIn = (key: string | undefined, address: string | undefined) =>
    key === undefined ? `${address ?? ''} (local stand-in)` : 'the real service';
  say(
    [
      '',
      'Everything is searchable. Running:',
      ...[
        ['page', url],
        ['Postgres', postgres.url],
        ['SQS', standIn(undefined, shared.AWS_ENDPOINT_URL_SQS)],
        ['Pinecone', standIn(settings.PINECONE_API_KEY, shared.PINECONE_CONTROLLER_URL)],
        ['embeddings', standIn(settings.OPENAI_API_KEY, shared.OPENAI_BASE_URL)],
        ...workers.map(({ name, url: admin }) => [name, `${admin}/status`]),
        ['logs', paths.logs],
      ].map(([name = '', where = '']) => `  ${name.padEnd(12)} ${where}`),
      '',
      `Open ${url} and search, or edit a row. make aviary ARGS=--help lists commands. Ctrl-C stops everything.`,
    ].join('\n'),
  );
}

/** @returns the environment that all services share. */
async function startStandIns(
  started: Processes,
  settings: Settings,
  databaseUrl: string,
): Promise<Record<string, string>> {
  const listen = async (name: string, script: string, environment: Record<string, string> = {}) => {
    const port = await freePort();
    await started.start({ name, script, environment: { PORT: String(port), ...environment } });
    return `http://127.0.0.1:${port}`;
  };
  const sqs = await listen('sqs', 'local/src/sqs/main.ts');
  const standIns: Record<string, string> = {};
  if (settings.PINECONE_API_KEY === undefined) {
    standIns.PINECONE_CONTROLLER_URL = await listen('pinecone', 'local/src/pinecone/main.ts', {
      DATA_DIR: paths.pinecone,
    });
  }
  if (settings.OPENAI_API_KEY === undefined) {
    const model = settings.EMBEDDER === 'stub' ? stub : {};
    standIns.OPENAI_BASE_URL = `${await listen('embeddings', 'local/src/embeddings/main.ts', model)}/v1`;
  }
  // The SQS stand-in takes any credentials, and the SDK demands some.
  const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  Object.assign(process.env, credentials);
  const sqsClient = createQueueClient({ region: 'us-east-1', endpoint: sqs });
  const { queueUrl, deadLetterQueueUrl, refreshQueueUrl } = await provisionQueue(
    sqsClient,
    'aviary',
  );
  sqsClient.destroy();
  return {
    ...credentials,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_SQS: sqs,
    QUEUE_URL: queueUrl,
    DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    REFRESH_QUEUE_URL: refreshQueueUrl,
    OPENAI_API_KEY: settings.OPENAI_API_KEY ?? 'local',
    PINECONE_API_KEY: settings.PINECONE_API_KEY ?? 'local',
    ...standIns,
    DATABASE_URL: databaseUrl,
    SPECS: paths.specs,
  };
}

async function startWorkers(
  started: Processes,
  settings: Settings,
  environment: Record<string, string>,
): Promise<{ name: string; url: string }[]> {
  const workers: { name: string; url: string }[] = [];
  for (const [service, count] of [
    ['pelican', settings.PELICANS],
    ['emu', settings.EMUS],
  ] as const) {
    for (let number = 1; number <= count; number += 1) {
      const name = `${service}-${number}`;
      const port = await freePort();
      await started.start({
        name,
        script: `services/${service}/src/main.ts`,
        environment: { ...environment, ADMIN_HOST: '127.0.0.1', ADMIN_PORT: String(port) },
      });
      workers.push({ name, url: `http://127.0.0.1:${port}` });
    }
  }
  return workers;
}

async function stop(code: number): Promise<never> {
  rmSync(paths.environment, { force: true });
  await processes?.stop();
  await postgres?.close();
  process.exit(code);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    signals += 1;
    if (signals > 1) {
      // Postgres is told to stop by its starter's exit.
      processes?.kill();
      rmSync(paths.environment, { force: true });
      process.exit(130);
    }
    say('\nStopping … (again to end everything at once)');
    stopping.abort(new Error('stopped'));
  });
}

try {
  await run();
  await new Promise<void>((resolve) => {
    if (stopping.signal.aborted) resolve();
    stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await stop(signals > 0 ? 0 : 1);
} catch (error) {
  if (signals > 0) await stop(0);
  process.stderr.write(`make dev: ${error instanceof Error ? error.message : String(error)}\n`);
  await stop(1);
}
