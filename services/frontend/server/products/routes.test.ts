import { createPool } from '@aviary/postgres';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { problemSchema } from '../../shared/problem.ts';
import { productPageSchema, productSchema, savedProductSchema } from '../../shared/product.ts';
import { productImportAnswerSchema } from '../../shared/product-import.ts';
import { rows, startApp, type TestApp } from '../../testing/start-app.ts';
import { eventsOf } from '../../testing/events-of.ts';
import { ProductTable } from './product-table.ts';

let aviary: TestApp;
beforeAll(async () => {
  aviary = await startApp();
});
afterAll(() => aviary.close());

const page = async (query: string) =>
  productPageSchema.parse((await aviary.call('GET', `/api/products?${query}`)).body);
const get = async (id: number) =>
  productSchema.parse((await aviary.call('GET', `/api/products/${id}`)).body);
const patch = (id: number, change: object, match = '*') =>
  aviary.call('PATCH', `/api/products/${id}`, change, { 'if-match': match });
const remove = (id: number, match = '*') =>
  aviary.call('DELETE', `/api/products/${id}`, undefined, { 'if-match': match });

test('the table is paged and sorted by the server', async () => {
  const { products, total, totalIsExact } = await page('page=2&pageSize=10&sort=price&order=desc');
  expect(products).toHaveLength(10);
  expect(products[0]?.price).toBe(rows - 10 + 0.5);
  expect({ total, totalIsExact }).toEqual({ total: rows, totalIsExact: true });
});

test('a page is narrowed by words, prices and times, and counted', async () => {
  await aviary.database.sql(
    `update products_with_increment set last_updated = '2020-05-05T12:00:00Z' where id in (11, 12)`,
  );
  const ids = async (query: string) => (await page(query)).products.map(({ id }) => id);
  expect(await ids('text=SKU-1 description&pageSize=3')).toEqual([1, 10, 11]);
  expect(await ids('minPrice=5.5&maxPrice=7.5')).toEqual([5, 6, 7]);
  const may = 'updatedFrom=2020-05-05T12:00:00Z&updatedUntil=2020-05-05T12:00:01%2B00:00';
  expect(await ids(may)).toEqual([11, 12]);
  expect(await ids('updatedUntil=2020-05-05T12:00:00Z')).toEqual([]);
  expect(await page('text=product&pageSize=20')).toMatchObject({ total: rows, totalIsExact: true });
  expect(await page('text=no such thing')).toMatchObject({ total: 0, products: [] });
});

test.each(['%', '_', '\\', `'; drop table products_with_increment; --`])(
  'a filter takes %s for what it says',
  async (text) => {
    expect((await page(`text=${encodeURIComponent(text)}`)).products).toEqual([]);
  },
);

test('a change says whether search holds anything of it', async () => {
  const { url } = aviary.database;
  const pool = createPool({ connectionString: url, max: 1, applicationName: 'test' });
  onTestFinished(() => pool.end());
  const source = { schema: 'public', table: 'products_with_increment' };
  const table = new ProductTable(
    { pool, reads: aviary.parts.reads },
    { ...source, text: '{{name}}', metadata: ['sku'] },
  );
  const reaches = async (change: object) => {
    const saved = await table.update(14, change, undefined);
    return 'reachesSearch' in saved && saved.reachesSearch;
  };
  expect(await reaches({ price: 3 })).toBe(false);
  expect(await reaches({ price: 4, sku: 'SKU-14' })).toBe(true);
  expect(await reaches({ name: 'Product 14' })).toBe(true);
  expect((await patch(14, { price: 14.5 })).body).toMatchObject({ reachesSearch: true });
});

test('a change is made to the version that was looked at, or shows what there is now', async () => {
  const seen = await get(3);
  const first = await patch(3, { price: 1.25 }, `"${seen.version}"`);
  expect(first.status).toBe(200);
  const { product } = savedProductSchema.parse(first.body);
  expect(product).toMatchObject({ id: 3, name: 'Product 3', price: 1.25 });
  expect(first.headers.get('etag')).toBe(`"${product.version}"`);

  const late = await patch(3, { name: 'Mine' }, `"${seen.version}"`);
  expect(late.status).toBe(412);
  expect(problemSchema.parse(late.body).current).toEqual(product);
  const lateDeletion = await remove(3, `"${seen.version}"`);
  expect(lateDeletion.status).toBe(412);

  expect((await patch(3, { name: 'Mine' }, `"${product.version}"`)).status).toBe(200);
});

test('a change of what nobody looked at is refused', async () => {
  const { version } = await get(4);
  expect((await aviary.call('PATCH', '/api/products/4', { price: 1 })).status).toBe(428);
  expect((await aviary.call('DELETE', '/api/products/4')).status).toBe(428);
  expect((await patch(4, { price: 1 }, version)).status).toBe(400);
  expect((await get(4)).version).toBe(version);
  expect((await patch(4, { price: 1 })).status).toBe(200);
  expect((await patch(4_000, { price: 1 })).status).toBe(404);
});

test('a deleted product is put back as it was, once', async () => {
  const input = { name: 'Brand new', sku: 'NEW-1', description: 'Fresh', price: 3 };
  const added = await aviary.call('POST', '/api/products', input);
  expect(added.status).toBe(201);
  const { product } = savedProductSchema.parse(added.body);
  expect(added.headers.get('location')).toBe(`/api/products/${product.id}`);
  expect(await get(product.id)).toEqual(product);

  const deleted = savedProductSchema.parse((await remove(product.id)).body);
  expect(deleted.product).toEqual(product);
  expect((await aviary.call('GET', `/api/products/${product.id}`)).status).toBe(404);

  const restore = () => aviary.call('POST', `/api/products/${product.id}/restore`, deleted.product);
  const back = savedProductSchema.parse((await restore()).body);
  expect(back.product).toEqual({ ...product, version: back.product.version });
  expect(back.savedAt).toBeGreaterThanOrEqual(deleted.savedAt);
  const again = await restore();
  expect(again.status).toBe(409);
  expect(problemSchema.parse(again.body).detail).toContain('put back already');

  await remove(product.id);
  await aviary.call('POST', '/api/products', input);
  const taken = await restore();
  expect(taken.status).toBe(409);
  expect(problemSchema.parse(taken.body).detail).toContain('SKU NEW-1');
});

test('a faulty product is refused with all faults at once', async () => {
  const { status, body } = await aviary.call('POST', '/api/products', {
    name: ' ',
    description: 'a\0b',
    price: 1.234,
    stock: 3,
  });
  expect(status).toBe(400);
  const fields = problemSchema.parse(body).errors?.map(({ field }) => field);
  expect(fields?.toSorted()).toEqual(['description', 'name', 'price', 'sku', 'stock']);
});

test('a name is data, never SQL', async () => {
  const name = `Robert'); drop table products_with_increment; --`;
  const { body } = await patch(4, { name });
  expect(savedProductSchema.parse(body).product.name).toBe(name);
});

test('a part of a file is written, and its faults are told by line', async () => {
  const product = (sku: string, more = {}) => ({
    ...{ name: 'Imported', sku, description: 'By file', price: 5 },
    ...more,
  });
  const send = async (existing: string, lines: object[]) => {
    const file = { existing, rows: lines.map((given, at) => ({ line: at + 2, product: given })) };
    return productImportAnswerSchema.parse(
      (await aviary.call('POST', '/api/products/import', file)).body,
    );
  };
  const lines = [
    ...[product('SKU-20'), product('IMP-1'), product('IMP-2', { price: -1 }), { name: 3 }],
    product('IMP-1'),
  ];
  const answer = await send('update', lines);
  expect(answer).toMatchObject({ inserted: 1, updated: 1, skipped: 0 });
  expect(new Set(answer.faults.map(({ line }) => line))).toEqual(new Set([4, 5, 6]));
  expect((await page('text=IMP-1')).total).toBe(1);
  expect(await get(20)).toMatchObject({ name: 'Imported', price: 5 });
  const { version } = await get(20);
  expect(await send('update', lines.slice(0, 2))).toMatchObject({ updated: 0, skipped: 2 });
  expect((await get(20)).version).toBe(version);
  expect(await send('skip', [product('SKU-21')])).toMatchObject({ updated: 0, skipped: 1 });
  expect(await get(21)).toMatchObject({ name: 'Product 21' });
  const many = Array.from({ length: 1_001 }, (_, at) => product(`M-${at}`));
  const tooMany = await aviary.call('POST', '/api/products/import', {
    existing: 'skip',
    rows: many.map((given, at) => ({ line: at + 2, product: given })),
  });
  expect(tooMany.status).toBe(400);
});

test('the way of a saved row is told until search shows it', async () => {
  const { body } = await patch(5, { price: 2 });
  const { product, savedAt } = savedProductSchema.parse(body);
  const events = eventsOf(aviary, `/api/products/5/journey?since=${savedAt}`);
  expect((await events.next()).value).toEqual({ step: 'saved', ms: 0 });
  await aviary.writeRecords([product], savedAt, { queuedAt: savedAt + 2, embeddedAt: 0 });
  expect((await events.next()).value).toEqual({ step: 'queued', ms: 2 });
  expect((await events.next()).value).toEqual({ step: 'kept', ms: 2 });
  expect((await events.next()).value).toMatchObject({ step: 'searchable' });
  expect(await events.next()).toEqual({ done: true, value: undefined });
});

// Last: by now each has been answered.
test('every route answers as openapi.yaml says', () => {
  expect(aviary.contract.unseen('/api/products')).toEqual([]);
});
