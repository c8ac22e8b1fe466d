import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { contentHash, managedMetadata, recordId } from '@aviary/change-job';
import { Embedder } from '@aviary/embedding';
import { startPinecone, type PineconeServer } from '@aviary/local/pinecone';
import { createPool } from '@aviary/postgres';
import { createLogger } from '@aviary/runtime';
import { loadSemanticIndexes } from '@aviary/semantic-index';
import { testDatabase, testQueue, type TestDatabase } from '@aviary/testing';
import { VectorIndex } from '@aviary/vector-index';
import type { Express } from 'express';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startEmbeddings, type EmbeddingsServer } from '../../../local/src/embeddings/index.ts';
import { problemSchema } from '../shared/problem.ts';
import {
  deletedProductSchema,
  productPageSchema,
  productSchema,
  savedProductSchema,
  syncSchema,
  type Product,
} from '../shared/product.ts';
import { searchPageSchema } from '../shared/search.ts';
import { statusSchema } from '../shared/status.ts';
import { ApiContract } from './api-contract.ts';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { connect } from './connect.ts';

const root = join(import.meta.dirname, '../../..');
const rows = 60;
const contract = new ApiContract(join(import.meta.dirname, '../openapi.yaml'));

let database: TestDatabase;
let pinecone: PineconeServer;
let embeddings: EmbeddingsServer;
let emu: Server;
let app: Express;
let server: Server;
let stop: () => Promise<void>;
let embedder: Embedder;
let index: VectorIndex;

beforeAll(async () => {
  const queues = await testQueue();
  [database, pinecone, embeddings, emu] = await Promise.all([
    testDatabase({ name: 'frontend_products', prepare: fillDatabase }),
    startPinecone(),
    startEmbeddings({ model: { stub: { baseMs: 0, perTextMs: 0, dimensions: 384 } } }),
    startEmuStatus(),
  ]);
  const [spec] = loadSemanticIndexes([join(root, 'examples/products.yaml')]);
  if (!spec) throw new Error('The example has no spec.');
  const config = readConfig({
    ...queues.environment,
    DATABASE_URL: database.url,
    SPECS: 'unused',
    OPENAI_API_KEY: 'test',
    OPENAI_BASE_URL: embeddings.url,
    PINECONE_API_KEY: 'test',
    PINECONE_CONTROLLER_URL: pinecone.url,
    WORKERS: `${urlOf(emu)},http://127.0.0.1:1`,
  });
  embedder = new Embedder({ apiKey: 'test', baseURL: embeddings.url, ...spec.embedding });
  index = new VectorIndex({
    apiKey: 'test',
    controllerHostUrl: pinecone.url,
    index: spec.target.index,
    namespace: spec.target.namespace,
  });
  await index.ensure({ dimension: 384, metric: 'cosine' });
  const { parts, close } = connect(config, spec);
  const logger = createLogger({ service: 'frontend', level: 'silent' });
  app = createApp({ ...parts, logger, webDirectory: '/nowhere' });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stop = close;
  const products = await database.sql<Product>(
    'select id, name, description from products_with_increment',
  );
  await writeRecords(products, 0);
});

afterAll(async () => {
  server.close();
  emu.close();
  await stop();
  await Promise.all([database.drop(), pinecone.close(), embeddings.close()]);
});

afterEach(() => {
  pinecone.setFaults({});
  embeddings.setFaults({});
});

test('search finds in relevance order, with rows as they are in Postgres', async () => {
  const { body } = await call('GET', `/api/search?q=${encodeURIComponent(textOf(7))}&pageSize=5`);
  const page = searchPageSchema.parse(body);
  expect(page.results[0]).toMatchObject({ product: { id: 7, name: 'Product 7', price: 7.5 } });
  expect(page.results[0]?.score).toBeCloseTo(1, 3);
  const scores = page.results.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(page).toMatchObject({ page: 1, pageSize: 5, total: rows });
});

test('the pages of a search hold every row once', async () => {
  const pages = await Promise.all(
    [1, 2, 3, 4].map((page) => call('GET', `/api/search?q=anything&page=${page}`)),
  );
  const ids = pages.flatMap(({ body }) =>
    searchPageSchema.parse(body).results.map(({ product }) => product.id),
  );
  expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, n) => n + 1));
});

test('a row that vanished is left out of the results', async () => {
  await database.sql('delete from products_with_increment where id = 9');
  const { body } = await call('GET', `/api/search?q=${encodeURIComponent(textOf(9))}&pageSize=100`);
  const { results } = searchPageSchema.parse(body);
  expect(results).toHaveLength(rows - 1);
});

test('a query is embedded once', async () => {
  await call('GET', '/api/search?q=twice');
  const before = embeddings.stats().inputs;
  await Promise.all([
    call('GET', '/api/search?q=twice'),
    call('GET', '/api/search?q=twice&page=2'),
  ]);
  expect(embeddings.stats().inputs).toBe(before);
});

test.each([
  ['/api/search', 'q'],
  ['/api/search?q=%20', 'q'],
  ['/api/search?q=a&page=0', 'page'],
  ['/api/search?q=a&page=101&pageSize=100', 'page'],
  ['/api/products?sort=uuid', 'sort'],
  ['/api/products/x', 'id'],
  ['/api/products/1/sync', 'since'],
])('%s is refused and names %s', async (path, field) => {
  const { status, body } = await call('GET', path);
  expect(status).toBe(400);
  expect(problemSchema.parse(body).errors?.map((fault) => fault.field)).toEqual([field]);
});

test('an index or embedder away is a 503 with Retry-After, and the status says which', async () => {
  pinecone.setFaults({ unavailable: 1 });
  const noIndex = await call('GET', '/api/search?q=twice');
  expect(noIndex.status).toBe(503);
  expect(noIndex.headers.get('retry-after')).toMatch(/^\d+$/);
  pinecone.setFaults({});

  embeddings.setFaults({ serverError: 1 });
  const noEmbedder = await call('GET', '/api/search?q=never asked before');
  expect(noEmbedder.status).toBe(503);
  const { health } = statusSchema.parse((await call('GET', '/api/status')).body);
  expect(health.embedder.ok).toBe(false);

  embeddings.setFaults({});
  expect((await call('GET', '/api/search?q=never asked before')).status).toBe(200);
});

test('the status has every figure, or the reason why not', async () => {
  const status = statusSchema.parse((await call('GET', '/api/status')).body);
  expect(status).toMatchObject({
    indexed: rows,
    outbox: 3,
    queue: { visible: 0, inFlight: 0 },
    deadLetters: 0,
    emus: 1,
    pelicans: 0,
    rates: { rowsPerSecond: 12, embeddingsPerSecond: 10, tokensPerSecond: 800 },
    reasons: {},
    health: { postgres: { ok: true }, workers: { ok: false } },
  });
  expect(status.lagSeconds).toBeGreaterThan(0);
  expect(status.health.workers.reason).toContain('127.0.0.1:1');
});

test('with everything away the status still answers, and the table with a 503', async () => {
  const nowhere = 'http://127.0.0.1:1';
  const [spec] = loadSemanticIndexes([join(root, 'examples/products.yaml')]);
  if (!spec) throw new Error('The example has no spec.');
  const { parts, close } = connect(
    readConfig({
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
      SPECS: 'unused',
      QUEUE_URL: `${nowhere}/0/q.fifo`,
      DEAD_LETTER_QUEUE_URL: `${nowhere}/0/d.fifo`,
      AWS_ENDPOINT_URL_SQS: nowhere,
      OPENAI_API_KEY: 'test',
      PINECONE_API_KEY: 'test',
      PINECONE_CONTROLLER_URL: nowhere,
    }),
    spec,
  );
  const logger = createLogger({ service: 'frontend', level: 'silent' });
  const lonely = createApp({ ...parts, logger, webDirectory: '/nowhere' }).listen(0, '127.0.0.1');
  await once(lonely, 'listening');
  const status = statusSchema.parse((await call('GET', '/api/status', undefined, lonely)).body);
  expect(status).toMatchObject({ rows: null, indexed: null, outbox: null, queue: null });
  expect(Object.keys(status.reasons).sort()).toEqual([
    ...['deadLetters', 'emus', 'indexed', 'lagSeconds', 'outbox'],
    ...['pelicans', 'queue', 'rates', 'rows'],
  ]);
  expect((await call('GET', '/api/products', undefined, lonely)).status).toBe(503);
  lonely.close();
  await close();
});

test('the table is paged and sorted by the server', async () => {
  const { body } = await call('GET', '/api/products?page=2&pageSize=10&sort=price&order=desc');
  const page = productPageSchema.parse(body);
  expect(page.products).toHaveLength(10);
  expect(page.products[0]?.price).toBe(rows - 10 + 0.5);
});

test('an edit becomes searchable when the record is of it, and not before', async () => {
  const { body } = await call('PATCH', '/api/products/3', { price: 1.25 });
  const { product, savedAt } = savedProductSchema.parse(body);
  expect(product).toMatchObject({ id: 3, name: 'Product 3', price: 1.25 });
  const sync = async () =>
    syncSchema.parse((await call('GET', `/api/products/3/sync?since=${savedAt}`)).body);
  expect(await sync()).toMatchObject({ searchable: false });
  await writeRecords([product], savedAt - 1);
  expect(await sync()).toMatchObject({ searchable: false });
  await writeRecords([product], savedAt);
  const { searchable, elapsedMs } = await sync();
  expect(searchable).toBe(true);
  expect(elapsedMs).toBeGreaterThanOrEqual(0);
});

test('a product is added, read and deleted, and then gone from table and search', async () => {
  const input = { name: 'Brand new', sku: 'NEW-1', description: 'Fresh', price: 3 };
  const added = await call('POST', '/api/products', input);
  expect(added.status).toBe(201);
  const { product, savedAt } = savedProductSchema.parse(added.body);
  expect(added.headers.get('location')).toBe(`/api/products/${product.id}`);
  expect(product).toMatchObject(input);
  expect(productSchema.parse((await call('GET', `/api/products/${product.id}`)).body)).toEqual(
    product,
  );
  await writeRecords([product], savedAt);

  const deleted = await call('DELETE', `/api/products/${product.id}`);
  const { savedAt: deletedAt } = deletedProductSchema.parse(deleted.body);
  expect((await call('GET', `/api/products/${product.id}`)).status).toBe(404);
  const path = `/api/products/${product.id}/sync?since=${deletedAt}`;
  expect(syncSchema.parse((await call('GET', path)).body).searchable).toBe(false);
  await index.delete([recordId([String(product.id)])]);
  expect(syncSchema.parse((await call('GET', path)).body).searchable).toBe(true);
});

test('a faulty product is refused with all faults at once', async () => {
  const { status, body } = await call('POST', '/api/products', {
    name: ' ',
    description: 'a\0b',
    price: 1.234,
    stock: 3,
  });
  expect(status).toBe(400);
  const fields = problemSchema.parse(body).errors?.map(({ field }) => field);
  expect(fields?.toSorted()).toEqual(['description', 'name', 'price', 'sku', 'stock']);
});

test('no answer shows a stack trace, whatever the body', async () => {
  const broken = await fetch(`${urlOf(server)}/api/products`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name": ',
  });
  expect(broken.status).toBe(400);
  expect(problemSchema.parse(await broken.json()).detail).not.toContain(' at ');
  const huge = await call('POST', '/api/products', { description: 'x'.repeat(6_000_000) });
  expect(huge.status).toBe(413);
  expect((await fetch(`${urlOf(server)}/api/nothing`)).status).toBe(404);
});

test('a name is data, never SQL', async () => {
  const name = `Robert'); drop table products_with_increment; --`;
  const { body } = await call('PATCH', '/api/products/4', { name });
  expect(savedProductSchema.parse(body).product.name).toBe(name);
});

test('the page comes with a strict policy, and says so when it is not built', async () => {
  const response = await fetch(urlOf(server));
  expect(response.status).toBe(503);
  expect(await response.text()).toContain('npm run build');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain('unsafe');
});

// Last: by now every operation has been answered.
test('openapi.yaml documents the routes there are, and each answered as it says', () => {
  expect([...contract.seen].sort()).toEqual(contract.operations.sort());
  const routes = app.router.stack.flatMap(({ route }) =>
    route?.path.startsWith('/api/')
      ? route.stack.map(({ method }) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`)
      : [],
  );
  expect(routes.sort()).toEqual(contract.operations.sort());
});

/** Asks the server, and holds the answer against openapi.yaml. */
async function call(method: string, path: string, content?: object, asked = server) {
  const response = await fetch(`${urlOf(asked)}${path}`, {
    method,
    ...(content && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(content),
    }),
  });
  const body: unknown = await response.json();
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const pathname = path.split('?')[0] ?? '';
  contract.judge({ method, path: pathname }, { status: response.status, type, body });
  return { status: response.status, headers: response.headers, body };
}

/** Writes records as emu does. */
async function writeRecords(
  products: readonly Pick<Product, 'id' | 'name' | 'description'>[],
  changedAt: number,
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
        metadata: managedMetadata({
          format: 1,
          index: 'products',
          op: 'upsert',
          id,
          version: 1,
          changedAt,
          publishBy: changedAt,
          text,
          metadata: { name: product.name },
          contentHash: contentHash(text, 'stub', 384),
          textIsNew: false,
        }),
      };
    }),
  );
}

const textOf = (id: number) => `Product ${id}\nDescription of ${id}`;

async function fillDatabase(url: string): Promise<void> {
  const pool = createPool({ connectionString: url, max: 1, applicationName: 'test' });
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
    create schema aviary;
    create view aviary.backlog as select 3 as waiting, now() as oldest_at;
  `);
  await pool.end();
}

/** What an emu's admin port answers; running one is the end-to-end test's part. */
async function startEmuStatus(): Promise<Server> {
  const answer = {
    service: 'emu',
    rates: { rowsPerSecond: 12, embeddingsPerSecond: 10, tokensPerSecond: 800 },
    lagSeconds: { p50: 0.04, p99: 0.08 },
  };
  const admin = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  admin.listen(0, '127.0.0.1');
  await once(admin, 'listening');
  return admin;
}

function urlOf(listening: Server): string {
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}
