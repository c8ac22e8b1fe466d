import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordId } from '@aviary/change-job';
import { problemSchema } from '../../shared/problem.ts';
import {
  deletedProductSchema,
  productPageSchema,
  productSchema,
  savedProductSchema,
  syncSchema,
} from '../../shared/product.ts';
import { rows, startApp, type TestApp } from '../../testing/start-app.ts';

let aviary: TestApp;
beforeAll(async () => {
  aviary = await startApp();
});
afterAll(() => aviary.close());

test('the table is paged and sorted by the server', async () => {
  const { body } = await aviary.call(
    'GET',
    '/api/products?page=2&pageSize=10&sort=price&order=desc',
  );
  const page = productPageSchema.parse(body);
  expect(page.products).toHaveLength(10);
  expect(page.products[0]?.price).toBe(rows - 10 + 0.5);
});

test('an edit becomes searchable when the record is of it, and not before', async () => {
  const { body } = await aviary.call('PATCH', '/api/products/3', { price: 1.25 });
  const { product, savedAt } = savedProductSchema.parse(body);
  expect(product).toMatchObject({ id: 3, name: 'Product 3', price: 1.25 });
  const sync = async () =>
    syncSchema.parse((await aviary.call('GET', `/api/products/3/sync?since=${savedAt}`)).body);
  expect(await sync()).toMatchObject({ searchable: false });
  await aviary.writeRecords([product], savedAt - 1);
  expect(await sync()).toMatchObject({ searchable: false });
  await aviary.writeRecords([product], savedAt);
  const { searchable, elapsedMs } = await sync();
  expect(searchable).toBe(true);
  expect(elapsedMs).toBeGreaterThanOrEqual(0);
});

test('a product is added, read and deleted, and then gone from table and search', async () => {
  const input = { name: 'Brand new', sku: 'NEW-1', description: 'Fresh', price: 3 };
  const added = await aviary.call('POST', '/api/products', input);
  expect(added.status).toBe(201);
  const { product, savedAt } = savedProductSchema.parse(added.body);
  expect(added.headers.get('location')).toBe(`/api/products/${product.id}`);
  expect(product).toMatchObject(input);
  expect(
    productSchema.parse((await aviary.call('GET', `/api/products/${product.id}`)).body),
  ).toEqual(product);
  await aviary.writeRecords([product], savedAt);

  const deleted = await aviary.call('DELETE', `/api/products/${product.id}`);
  const { savedAt: deletedAt } = deletedProductSchema.parse(deleted.body);
  expect((await aviary.call('GET', `/api/products/${product.id}`)).status).toBe(404);
  const path = `/api/products/${product.id}/sync?since=${deletedAt}`;
  expect(syncSchema.parse((await aviary.call('GET', path)).body).searchable).toBe(false);
  await aviary.index.delete([recordId([String(product.id)])]);
  expect(syncSchema.parse((await aviary.call('GET', path)).body).searchable).toBe(true);
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
  const { body } = await aviary.call('PATCH', '/api/products/4', { name });
  expect(savedProductSchema.parse(body).product.name).toBe(name);
});

// Last: by now each has been answered.
test('every route answers as openapi.yaml says', () => {
  expect(aviary.contract.unseen('/api/products')).toEqual([]);
});
