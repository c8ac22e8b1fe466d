import { startEmbeddings, type EmbeddingsServer } from '@aviary/local/embeddings';
import { freePort } from '@aviary/local/free-port';
import { startPinecone, type PineconeServer } from '@aviary/local/pinecone';
import { startPostgres, type LocalPostgres } from '@aviary/local/postgres';
import { startSqs, type LocalSqs } from '@aviary/local/sqs';
import { createQueueClient, provisionQueue, Queue } from '@aviary/queue';
import pg from 'pg';
import { longestLatenessMs } from './fault-plan.ts';
import { Ledger } from './ledger.ts';
import { Links, type Dependency, type Slot } from './links.ts';
import { poisonOf, refusesRecord, refusesText } from './poison.ts';
import type { Random } from './random.ts';
import { makeRunDirectory, postgresIn, removeRunDirectory } from './run-directory.ts';
import { insert } from './steps.ts';
import { createTables, dimensions, specs, tables } from './tables.ts';
import type { Timeline } from './timeline.ts';

// The SQS stand-in takes any credentials, and the SDK demands some.
const credentials = { AWS_ACCESS_KEY_ID: 'storm', AWS_SECRET_ACCESS_KEY: 'storm' };
Object.assign(process.env, credentials);

/** What the services work with, a storm's own: nothing of it outlives the storm. */
export interface System extends AsyncDisposable {
  postgres: LocalPostgres;
  sqs: LocalSqs;
  pinecone: PineconeServer;
  embeddings: EmbeddingsServer;
  links: Links;
  ledger: Ledger;
  /** Reached past the links. */
  queues: Record<'changes' | 'deadLetters' | 'refreshes', Queue>;
  /** What a service is configured with; the constants of time are small. */
  environmentOf: (slot: Slot) => Promise<Record<string, string>>;
}

/** Starts everything but the services, with tables that hold some rows, among them the poison. */
export async function startSystem(random: Random, timeline: Timeline): Promise<System> {
  const stack = new AsyncDisposableStack();
  try {
    const directory = await makeRunDirectory();
    stack.defer(() => removeRunDirectory(directory));
    const ledger = new Ledger(timeline);
    const postgres = await startPostgres({
      dataDir: postgresIn(directory),
      port: await freePort(),
      durable: false,
      // A crash of the server loses nothing that was committed; of the machine it might.
      settings: { synchronous_commit: 'on', max_connections: '60', log_min_messages: 'warning' },
    });
    stack.defer(() => postgres.close());
    const sqs = await startSqs({ onExchange: ledger.onExchange });
    stack.defer(() => sqs.close());
    const pinecone = await startPinecone({
      refuses: refusesRecord,
      onWrite: ledger.onWrite,
      latencyMs: 5,
    });
    stack.defer(() => pinecone.close());
    const embeddings = await startEmbeddings({
      model: { stub: { baseMs: 10, perTextMs: 0, dimensions } },
      refuses: refusesText,
      onCharge: ledger.onCharge,
    });
    stack.defer(() => embeddings.close());
    const links = await Links.start({
      postgres: postgres.port,
      queue: sqs.port,
      index: Number(new URL(pinecone.url).port),
      embedder: Number(new URL(embeddings.url).port),
    });
    stack.use(links);
    ledger.slotOf = (port) => links.slotOf(port);
    const client = createQueueClient({ region: 'us-east-1', endpoint: sqs.url });
    stack.defer(() => client.destroy());
    const urls = await provisionQueue(client, 'storm');
    await fillTables(postgres.url, random);
    const settings = drawSettings(random);
    const owned = stack.move();
    return {
      postgres,
      sqs,
      pinecone,
      embeddings,
      links,
      ledger,
      queues: {
        changes: new Queue(client, urls.queueUrl),
        deadLetters: new Queue(client, urls.deadLetterQueueUrl),
        refreshes: new Queue(client, urls.refreshQueueUrl),
      },
      environmentOf: async (slot) => {
        const through = (dependency: Dependency, url: string) => {
          const role = slot.split('-')[0] ?? '';
          const isUsed = dependency !== (role === 'emu' ? 'postgres' : 'embedder');
          const passing = new URL(url);
          if (isUsed) passing.port = String(links.port(`${slot} ${dependency}`));
          return passing.href.replace(/\/$/, '');
        };
        return {
          ...credentials,
          ...settings,
          AWS_REGION: 'us-east-1',
          AWS_ENDPOINT_URL_SQS: through('queue', sqs.url),
          QUEUE_URL: through('queue', urls.queueUrl),
          DEAD_LETTER_QUEUE_URL: through('queue', urls.deadLetterQueueUrl),
          REFRESH_QUEUE_URL: through('queue', urls.refreshQueueUrl),
          DATABASE_URL: through('postgres', postgres.url),
          OPENAI_API_KEY: 'storm',
          OPENAI_BASE_URL: through('embedder', embeddings.url),
          PINECONE_API_KEY: 'storm',
          PINECONE_CONTROLLER_URL: through('index', pinecone.url),
          SPECS: specs,
          ADMIN_HOST: '127.0.0.1',
          ADMIN_PORT: String(await freePort()),
          // Long enough for the whole of what is left after the deadline, two seconds.
          SHUTDOWN_GRACE_MS: '8000',
          LOG_LEVEL: 'info',
        };
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function drawSettings(random: Random): Record<string, string> {
  return {
    VISIBILITY_TIMEOUT_SECONDS: String(random.between(3, 6)),
    HEARTBEAT_SECONDS: '1',
    REFRESH_DELAY_SECONDS: String(longestLatenessMs / 1_000 + 8),
    MAX_BATCH: String(random.pick([8, 32, 256])),
    CONCURRENCY: String(random.between(1, 4)),
    LANES: String(random.between(1, 3)),
    BATCH_ROWS: String(random.pick([5, 50, 500])),
  };
}

async function fillTables(url: string, random: Random): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(createTables);
    for (const table of tables) {
      const rows = random
        .sample(table.keys, Math.floor(table.keys.length / 2))
        .map((key, serial) => table.row(key, serial + 1, random));
      await insert(client, table, [...rows, ...poisonOf(table)], '');
    }
  } finally {
    await client.end();
  }
}
