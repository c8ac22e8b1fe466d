import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { contentHash, managedMetadata, recordId, type StageTimes } from '@aviary/change-job';
import { Embedder } from '@aviary/embedding';
import { startEmbeddings, type EmbeddingsServer } from '@aviary/local/embeddings';
import { startPinecone, type PineconeServer } from '@aviary/local/pinecone';
import { createPool, keywordIndex } from '@aviary/postgres';
import { createLogger, createMetrics } from '@aviary/runtime';
import { loadSemanticIndexes } from '@aviary/semantic-index';
import { testDatabase, testQueue, type TestDatabase, type TestQueue } from '@aviary/testing';
import { VectorIndex } from '@aviary/vector-index';
import type { Express } from 'express';
import type { Product } from '../shared/product.ts';
import { createApp, type AppParts } from '../server/app.ts';
import { readConfig } from '../server/config.ts';
import { connect } from '../server/connect.ts';
import type { SpecFiles } from '../server/indexes/spec-files.ts';
import { ApiContract } from './api-contract.ts';

const root = join(import.meta.dirname, '../../..');

/** Rows of the products table, each with its record in the index: "Product 7", "Description of 7", 7.50. */
export const rows = 60;

export const textOf = (id: number) => `Product ${id}\nDescription of ${id}`;

/** The app on a real database, queue and the local index and embedder. */
export interface TestApp {
  app: Express;
  parts: AppParts;
  specs: SpecFiles;
  url: string;
  database: TestDatabase;
  queues: TestQueue;
  pinecone: PineconeServer;
  embeddings: EmbeddingsServer;
  index: VectorIndex;
  contract: ApiContract;
  /** As Prometheus reads them. */
  metrics: () => Promise<string>;
  /** Asks the app, and holds the answer against openapi.yaml. */
  call: (
    method: string,
    path: string,
    content?: object,
    headers?: Record<string, string>,
  ) => Promise<TestAnswer>;
  /** Writes records as emu does. */
  writeRecords: (
    products: readonly IndexedProduct[],
    changedAt: number,
    times?: StageTimes,
  ) => Promise<void>;
  close: () => Promise<void>;
}

/** A row as far as a record holds it. */
export type IndexedProduct = Pick<Product, 'id' | 'name' | 'description'> &
  Partial<Pick<Product, 'price' | 'lastUpdated'>>;

export interface TestAnswer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** @param environment in place of the fixture's own: what the app is to find away. */
export async function startApp(environment: Record<string, string> = {}): Promise<TestApp> {
  const queues = await testQueue();
  const [database, pinecone, embeddings] = await Promise.all([
    testDatabase({ name: 'frontend_products', prepare: fillDatabase }),
    startPinecone(),
    startEmbeddings({ model: { stub: { baseMs: 0, perTextMs: 0, dimensions: 384 } } }),
  ]);
  const [spec] = loadSemanticIndexes([join(root, 'examples/products.yaml')]);
  if (!spec) throw new Error('The example has no spec.');
  const config = readConfig({
    ...queues.environment,
    DATABASE_URL: database.url,
    SPECS: join(root, 'examples/products.yaml'),
    OPENAI_API_KEY: 'test',
    OPENAI_BASE_URL: embeddings.url,
    PINECONE_API_KEY: 'test',
    PINECONE_CONTROLLER_URL: pinecone.url,
    ...environment,
  });
  const { model, dimensions } = spec.embedding;
  const embedder = new Embedder({
    ...{ apiKey: 'test', baseURL: embeddings.url, model, dimensions },
  });
  const index = new VectorIndex({
    apiKey: 'test',
    controllerHostUrl: pinecone.url,
    index: spec.target.index,
    namespace: spec.target.namespace,
  });
  await index.ensure({ dimension: 384, metric: 'cosine' });
  const logger = createLogger({ service: 'frontend', level: 'silent' });
  const metrics = createMetrics('frontend');
  const { parts, specs, close } = connect(config, logger, metrics);
  const app = createApp({ ...parts, config, logger, metrics, webDirectory: '/nowhere' });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = urlOf(server);
  const contract = new ApiContract(join(root, 'services/frontend/openapi.yaml'));

  async function writeRecords(
    products: readonly IndexedProduct[],
    changedAt: number,
    times?: StageTimes,
  ): Promise<void> {
    const texts = products.map(({ name, description }) => `${name}\n${description ?? ''}`);
    const vectors = await embedder.embed(texts);
    await index.upsert(
      products.map((product, position) => {
        const text = texts[position] ?? '';
        const id = recordId([String(product.id)]);
        return {
          id,
          values: vectors[position] ?? [],
          metadata: managedMetadata(
            {
              format: 1,
              index: 'products',
              op: 'upsert',
              id,
              version: 1,
              changedAt,
              publishBy: changedAt,
              text,
              metadata: {
                name: product.name,
                ...(product.price == null ? {} : { price: product.price }),
                ...(product.lastUpdated == null
                  ? {}
                  : { last_updated: Date.parse(product.lastUpdated) / 1_000 }),
              },
              contentHash: contentHash(text, 'stub', 384),
              textIsNew: false,
            },
            { queuedAt: changedAt, embeddedAt: changedAt, ...times },
          ),
        };
      }),
    );
  }

  await writeRecords(
    await database.sql<Product>(
      `select id, name, description, price::float8, last_updated::text as "lastUpdated" from products_with_increment`,
    ),
    0,
  );

  return {
    app,
    parts,
    specs,
    url,
    database,
    queues,
    pinecone,
    embeddings,
    index,
    contract,
    metrics: () => metrics.metrics(),
    call: (method, path, content, headers) => callAt(url, contract, method, path, content, headers),
    writeRecords,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await close();
      await Promise.all([database.drop(), pinecone.close(), embeddings.close()]);
    },
  };
}

/** Asks a server, and holds the answer against openapi.yaml. */
async function callAt(
  url: string,
  contract: ApiContract,
  method: string,
  path: string,
  content?: object,
  headers: Record<string, string> = {},
): Promise<TestAnswer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...headers, ...(content && { 'content-type': 'application/json' }) },
    ...(content && { body: JSON.stringify(content) }),
  });
  const body: unknown = await response.json();
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const pathname = path.split('?')[0] ?? '';
  contract.judge({ method, path: pathname }, { status: response.status, type, body });
  return { status: response.status, headers: response.headers, body };
}

/** Makes and fills what the app reads, in an empty database. */
export async function fillDatabase(url: string): Promise<void> {
  const pool = createPool({ connectionString: url, max: 1, applicationName: 'test' });
  const { name, document } = keywordIndex({
    of: 'products',
    schema: 'public',
    table: 'products_with_increment',
    columns: ['name', 'description'],
    language: 'english',
  });
  await pool.query(`
    create table public.products_with_increment (
      id integer generated by default as identity primary key,
      created_at timestamptz not null default now(),
      name text not null,
      sku text,
      description text,
      price numeric(12, 2),
      last_updated timestamptz not null default now(),
      uuid uuid not null default gen_random_uuid()
    );
    insert into public.products_with_increment (name, sku, description, price)
      select 'Product ' || n, 'SKU-' || n, 'Description of ' || n, n + 0.5
      from generate_series(1, ${rows}) n;
    create index ${name} on public.products_with_increment using gin (${document});
    create schema aviary;
    create view aviary.backlog as select 3 as waiting, now() as oldest_at;
    create view aviary.backfill_progress as
      select 'products' as index, 'walking' as phase, 40 as processed, 60 as total, null::integer as rows_per_second,
        clock_timestamp() - interval '4 seconds' as requested_at, null::timestamptz as finished_at;
    create view aviary.audit_result as
      select 'products' as index, false as under_way, now() as finished_at, now() as decided_at, 1.5::float8 as seconds,
        60 as row_count, 60 as record_count, 1 as missing, 1 as stale, 0 as orphaned, 2 as mended, 0 as undecided,
        0 as foreign_ids, 0 as unindexable;
  `);
  await pool.end();
}

/** What an emu's admin port answers; running one is the end-to-end test's part. */
export async function startEmuStatus(): Promise<Server> {
  const answer = {
    service: 'emu',
    rates: { rowsPerSecond: 12, embeddingsPerSecond: 10, tokensPerSecond: 800 },
    lagSeconds: {
      counts: [
        [0.04, 90],
        [0.08, 10],
      ],
    },
    tokensPerMinute: { 'text-embedding-3-small': 1_000_000 },
  };
  const admin = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  admin.listen(0, '127.0.0.1');
  await once(admin, 'listening');
  return admin;
}

export function urlOf(listening: Server): string {
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}
