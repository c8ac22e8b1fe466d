import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordId } from '@aviary/change-job';
import { Embedder } from '@aviary/embedding';
import { VectorIndex } from '@aviary/vector-index';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemSchema } from '../../shared/problem.ts';
import { highlightsSchema, searchPageSchema } from '../../shared/search.ts';
import { indexListSchema } from '../../shared/searchable-index.ts';
import { startApp, type TestApp } from '../../testing/start-app.ts';

const example = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../../../examples', name), 'utf8');
const inventory = example('store-inventory.yaml');
const odd = `
apiVersion: aviary.dev/v1alpha1
kind: SemanticIndex
metadata: { name: odd }
spec:
  source:
    schema: 'my "shop'
    table: 'odd'' "table'
    text: '{{word}} {{na"me}} {{constructor}}'
    metadata: [price, flag, day, tags, at]
    keywords: { language: simple }
  embedding: { model: text-embedding-3-small, dimensions: 384 }
  target: { index: aviary, namespace: odd }
`;

/** Specs as a ConfigMap is mounted: files by way of a link, which another one replaces in one step. */
const directory = mkdtempSync(join(tmpdir(), 'aviary-specs-'));
let turn = 0;
function mount(files: Record<string, string>): void {
  turn += 1;
  const data = join(directory, `data-${turn}`);
  mkdirSync(data);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(data, name), text);
  symlinkSync(data, join(directory, 'next'));
  renameSync(join(directory, 'next'), join(directory, 'specs'));
}

let aviary: TestApp;
beforeAll(async () => {
  mount({
    'products.yaml': example('products.yaml'),
    'inventory.yaml': inventory,
    'odd.yaml': odd,
  });
  aviary = await startApp({ SPECS: join(directory, 'specs') });
  await aviary.database.sql(`
    create table public.store_inventory (
      store_code text, product_sku text, shelf_note text, quantity integer, aisle text,
      updated_at timestamptz default now(), primary key (store_code, product_sku));
    insert into public.store_inventory
      select 'STORE-' || n % 3, 'SKU:' || n, 'Note ' || n || '. Beside the till. On the top shelf.', n, 'A' || n % 4
      from generate_series(1, 40) n;
    create schema "my ""shop";
    create domain "my ""shop".place as date;
    create table "my ""shop"."odd' ""table" (
      "first "" key" numeric, second timestamptz, third char(3),
      word text, "na""me" text, "constructor" text, price numeric, flag boolean, day date, tags text[], at timestamp,
      primary key (third, second, "first "" key"));
    insert into "my ""shop"."odd' ""table" values
      (1.50, '2026-01-02 03:04:05.678+00', 'a', 'kettle', 'Boils water', 'Quickly', 24.90, true, '2026-05-06', '{x,y}', '2026-01-01'),
      (2, '2026-01-02 03:04:05.678+00', 'a', 'vase', null, '', 'NaN', null, 'infinity', null, null);
    analyze public.store_inventory`);
  await write('store-inventory', inventoryRows());
  await write('odd', [
    [
      ['a', '2026-01-02T03:04:05.678000Z', '1.5'],
      'kettle Boils water Quickly',
      { price: 24.9, flag: true, tags: ['x', 'y'] },
    ],
    [['a', '2026-01-02T03:04:05.678000Z', '2'], 'vase', {}],
    [['a', 'gone', '3'], 'vase of glass', {}],
  ]);
});
afterAll(async () => {
  await aviary.close();
  rmSync(directory, { recursive: true });
});

type IndexRecord = [
  key: string[],
  text: string,
  metadata: Record<string, string | number | boolean | string[]>,
];

const inventoryRows = (): IndexRecord[] =>
  Array.from({ length: 40 }, (_, at) => {
    const n = at + 1;
    return [
      [`STORE-${n % 3}`, `SKU:${n}`],
      `Note ${n}. Beside the till. On the top shelf.`,
      { store_code: `STORE-${n % 3}`, aisle: `A${n % 4}`, quantity: n },
    ];
  });

async function write(namespace: string, records: IndexRecord[]): Promise<void> {
  const index = new VectorIndex({
    apiKey: 'test',
    controllerHostUrl: aviary.pinecone.url,
    index: 'aviary',
    namespace,
  });
  const embedder = new Embedder({
    apiKey: 'test',
    baseURL: aviary.embeddings.url,
    model: 'text-embedding-3-small',
    dimensions: 384,
  });
  const vectors = await embedder.embed(records.map(([, text]) => text));
  await index.upsert(
    records.map(([key, , metadata], at) => ({
      id: recordId(key),
      values: vectors[at] ?? [],
      metadata,
    })),
  );
}

const search = async (query: string) => {
  const { status, body } = await aviary.call('GET', `/api/search?${query}`);
  expect(status).toBe(200);
  return searchPageSchema.parse(body);
};

test('all indexes are listed, with how they are', async () => {
  const { body } = await aviary.call('GET', '/api/indexes');
  const { indexes, edited } = indexListSchema.parse(body);
  expect(edited).toBe('products');
  expect(indexes.map(({ name }) => name)).toEqual(['products', 'store-inventory', 'odd']);
  expect(indexes[1]).toEqual({
    name: 'store-inventory',
    schema: 'public',
    table: 'store_inventory',
    model: 'text-embedding-3-small',
    dimensions: 384,
    index: 'aviary',
    namespace: 'store-inventory',
    keywords: false,
    records: 40,
    filters: [
      { column: 'store_code', kind: 'text', choices: ['STORE-0', 'STORE-1', 'STORE-2'] },
      { column: 'aisle', kind: 'text', choices: ['A0', 'A1', 'A2', 'A3'] },
      { column: 'quantity', kind: 'number', choices: null },
    ],
    health: { ok: true, reason: null },
  });
});

test('a table with a composite key is found by meaning, narrowed by its columns, as it is now', async () => {
  const asked = `index=store-inventory&q=${encodeURIComponent('Note 7. Beside the till. On the top shelf.')}`;
  const page = await search(asked);
  expect(page.index).toBe('store-inventory');
  expect(page.results[0]).toMatchObject({
    id: 'STORE-1:SKU%3A7',
    key: { store_code: 'STORE-1', product_sku: 'SKU:7' },
    text: { shelf_note: 'Note 7. Beside the till. On the top shelf.' },
    metadata: { store_code: 'STORE-1', aisle: 'A3', quantity: 7 },
  });
  const narrow = `${asked}&store_code.is=STORE-1&aisle.is=A3&aisle.is=A0&quantity.max=20&pageSize=50`;
  const quantities = async () =>
    (await search(narrow)).results.map(({ metadata }) => metadata.quantity).toSorted();
  expect(await quantities()).toEqual([16, 19, 4, 7]);
  await aviary.database.sql(`update store_inventory set quantity = 99 where product_sku = 'SKU:4'`);
  expect(await quantities()).toEqual([16, 19, 7]);

  const marked = await aviary.call('POST', '/api/search/highlights', {
    index: 'store-inventory',
    q: 'On the top shelf.',
    ids: ['STORE-1:SKU%3A7', 'STORE-1:gone', '%%%'],
  });
  expect(highlightsSchema.parse(marked.body).highlights).toEqual([
    {
      id: 'STORE-1:SKU%3A7',
      score: expect.closeTo(1, 3) as number,
      marks: [{ field: 'shelf_note', start: 25, end: 42, text: 'On the top shelf.' }],
    },
  ]);
});

test('an index without keywords says so', async () => {
  const { status, body } = await aviary.call(
    'GET',
    '/api/search?index=store-inventory&mode=keyword&q=a',
  );
  expect(status).toBe(503);
  expect(problemSchema.parse(body).detail).toContain('"store-inventory" has no keyword search');
});

test('names and types of any kind are read as they are', async () => {
  const page = await search('index=odd&q=vase');
  expect(page.columns.key).toEqual(['third', 'second', 'first " key']);
  const [vase, kettle] = page.results;
  expect(page.results).toHaveLength(2);
  expect(vase).toMatchObject({
    key: { 'first " key': '2', second: '2026-01-02T03:04:05.678000Z', third: 'a' },
    metadata: { price: null, flag: null, day: null, tags: null, at: null },
  });
  expect(kettle?.metadata).toEqual({
    price: 24.9,
    flag: true,
    day: '2026-05-06',
    tags: ['x', 'y'],
    at: '2026-01-01T00:00:00.000Z',
  });
  expect(Object.entries(kettle?.text ?? {})).toEqual([
    ['word', 'kettle'],
    ['na"me', 'Boils water'],
    ['constructor', 'Quickly'],
  ]);
  const few = 'index=odd&q=vase&price.min=20&flag.is=true&tags.is=y&tags.is=z';
  expect((await search(few)).results.map(({ id }) => id)).toEqual([kettle?.id]);
});

test('an index that there is none of is refused, with those that there are', async () => {
  const { status, body } = await aviary.call('GET', '/api/search?index=nope&q=a');
  expect(status).toBe(404);
  expect(problemSchema.parse(body).detail).toBe(
    'There is no SemanticIndex "nope"; there is "products", "store-inventory", "odd"',
  );
});

test('faulty specs change nothing, and right ones are read without a restart', async () => {
  mount({ 'inventory.yaml': inventory, 'broken.yaml': 'kind: [unclosed' });
  aviary.specs.look();
  expect(await aviary.metrics()).toMatch(/specs_faulty\S* 1\n/);
  expect((await search('q=tea')).index).toBe('products');
  mount({ 'inventory.yaml': inventory });
  aviary.specs.look();
  expect(await aviary.metrics()).toMatch(/specs_faulty\S* 0\n/);
  expect((await search('q=tea')).index).toBe('store-inventory');
  // What is edited stays while its spec is away.
  expect((await aviary.call('GET', '/api/products')).status).toBe(200);
  mount({});
  aviary.specs.look();
  expect((await aviary.call('GET', '/api/search?q=tea')).status).toBe(503);
  mount({
    'products.yaml': example('products.yaml'),
    'inventory.yaml': inventory,
    'odd.yaml': odd,
  });
  aviary.specs.look();
  expect((await search('q=tea')).index).toBe('products');
});

test('an index moves to another namespace, and another comes and goes, while searches go on without an error', async () => {
  const filled = inventoryRows();
  await write('store-inventory-g2', filled);
  const moved = inventory.replace('namespace: store-inventory', 'namespace: store-inventory-g2');
  const specs = { 'products.yaml': example('products.yaml') };
  let isOver = false;
  const failures: unknown[] = [];
  let answered = 0;
  const queries = ['till', 'shelf', 'note'];
  let awaited: { answered: number; reached: () => void } | undefined;
  const asker = async () => {
    while (!isOver) {
      const q = queries[answered % queries.length] ?? '';
      const { status, body } = await aviary.call('GET', `/api/search?index=store-inventory&q=${q}`);
      const { success, data } = searchPageSchema.safeParse(body);
      if (status !== 200 || !success || data.degraded || data.results.length === 0) {
        failures.push(body);
      }
      answered += 1;
      if (awaited && answered >= awaited.answered) awaited.reached();
    }
  };
  // Each has its vectors by now: it is the index and the rows that are put to the test.
  await Promise.all(queries.map((q) => search(`index=store-inventory&q=${q}`)));
  const askers = Array.from({ length: 3 }, asker);
  const untilAnswered = async (more: number) => {
    const reached = Promise.withResolvers<undefined>();
    awaited = { answered: answered + more, reached: () => reached.resolve(undefined) };
    await reached.promise;
  };
  await untilAnswered(12);
  for (let switches = 0; switches < 5; switches += 1) {
    mount({ ...specs, 'inventory.yaml': moved, 'odd.yaml': odd });
    aviary.specs.look();
    await untilAnswered(12);
    mount({ ...specs, 'inventory.yaml': inventory });
    aviary.specs.look();
    await untilAnswered(12);
  }
  mount({ ...specs, 'inventory.yaml': moved });
  aviary.specs.look();
  // As soon as nobody asks it any more, the old namespace may go.
  await untilAnswered(16);
  const old = new VectorIndex({
    apiKey: 'test',
    controllerHostUrl: aviary.pinecone.url,
    index: 'aviary',
    namespace: 'store-inventory',
  });
  await old.deleteNamespace();
  await untilAnswered(24);
  isOver = true;
  await Promise.all(askers);
  expect(failures).toEqual([]);
  const { body } = await aviary.call('GET', '/api/indexes');
  expect(indexListSchema.parse(body).indexes[1]).toMatchObject({
    name: 'store-inventory',
    namespace: 'store-inventory-g2',
    records: 40,
  });
});

test('an index that wants Secrets of its own is listed with what the page lacks, and is not searched', async () => {
  const inSpec = (what: string, secret: string) =>
    inventory
      .replace('name: store-inventory', `name: ${secret}`)
      .replace('namespace: store-inventory', `namespace: ${secret}`)
      .replace(new RegExp(`^( {2}${what}:)\\n`, 'm'), `$1\n    secretRef: { name: ${secret} }\n`);
  mount({ 'target.yaml': inSpec('target', 'team'), 'inventory.yaml': inventory });
  aviary.specs.look();
  const { body } = await aviary.call('GET', '/api/indexes');
  const { indexes } = indexListSchema.parse(body);
  expect(indexes.map(({ name }) => name)).toEqual(['store-inventory', 'team']);
  const reason = expect.stringMatching(
    /wants the key in Secret team, which this page does not have/,
  ) as string;
  expect(indexes[1]).toMatchObject({ records: null, health: { ok: false, reason } });
  const asked = await aviary.call('GET', '/api/search?index=team&q=a');
  expect(asked).toMatchObject({ status: 503, body: { detail: reason } });
});

test("queries are embedded by an index's own service, where it names one", async () => {
  const asked = Promise.withResolvers<string | undefined>();
  const service = createServer((request, response) => {
    asked.resolve(request.headers.authorization);
    response.writeHead(500).end();
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = service.address() as AddressInfo;
  const embedding = `embedding:\n    baseURL: http://127.0.0.1:${port}/v1\n`;
  mount({ 'inventory.yaml': inventory.replace('embedding:\n', embedding) });
  aviary.specs.look();
  await Promise.all([asked.promise, aviary.call('GET', '/api/search?q=never-asked-before')]);
  expect(await asked.promise).toBe('Bearer test');
  service.close();
  service.closeAllConnections();
});

// Last: by now each has been answered.
test('every route answers as openapi.yaml says', () => {
  expect(aviary.contract.unseen('/api/indexes')).toEqual([]);
});
