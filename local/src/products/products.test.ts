import { testDatabase } from '@aviary/testing';
import pg from 'pg';
import { expect, test } from 'vitest';
import { catalogue } from './catalogue.ts';
import {
  createInventoryTable,
  createProductsTable,
  generateInventory,
  generateProducts,
  judgedQueries,
  loadInventory,
  loadProducts,
  productTypeOf,
} from './index.ts';

const sample = (count: number, from = 0) => [...generateProducts({ count, seed: 1, from })];

test('the shop has at least 60 types, each with a code and words of its own', () => {
  expect(catalogue.length).toBeGreaterThanOrEqual(60);
  for (const property of ['name', 'code'] as const) {
    expect(new Set(catalogue.map((type) => type[property])).size).toBe(catalogue.length);
  }
  const benefits = catalogue.flatMap((type) => type.benefits);
  expect(new Set(benefits).size).toBe(benefits.length);
});

test('10,000 products differ in name, SKU, description and uuid', () => {
  const products = sample(10_000);
  for (const property of ['sku', 'description', 'uuid'] as const) {
    expect(new Set(products.map((product) => product[property])).size).toBe(10_000);
  }
  expect(new Set(products.map(({ name }) => name)).size).toBeGreaterThan(9_900);
  const lengths = products.map(({ description }) => description.length);
  expect(Math.min(...lengths)).toBeGreaterThan(120);
  expect(Math.max(...lengths)).toBeLessThan(500);
});

test('the same seed and position give the same product, another seed another', () => {
  expect(sample(50, 1_000)).toEqual(sample(1_050).slice(1_000));
  expect([...generateProducts({ count: 1, seed: 2 })]).not.toEqual(sample(1));
});

test('values suit the column and COPY', () => {
  for (const product of sample(2_000)) {
    expect(product.price).toBeGreaterThan(0);
    expect(product.uuid).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    );
    expect(product.name + product.description).not.toMatch(/[\\\t\n\r]|undefined/);
    expect(productTypeOf(product.sku)).toBeDefined();
  }
});

test('each judged query is answered by a type that shares none of its words', () => {
  expect(judgedQueries.length).toBeGreaterThanOrEqual(24);
  const common = new Set(
    'a an and the in on of for to with my me up out if is it there who will not when without while from old everything both one'.split(
      ' ',
    ),
  );
  const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];
  const shared = judgedQueries.flatMap(({ query, expected }) => {
    const type = catalogue.find(({ name }) => name === expected);
    if (type === undefined) return [`${expected} is no product type`];
    const texts = [type.nouns, type.features, type.uses, type.benefits, type.buyers, type.care];
    const words = new Set(wordsOf(texts.flat().join(' ')));
    return wordsOf(query)
      .filter((word) => words.has(word) && !common.has(word))
      .map((word) => `${query}: ${word}`);
  });
  expect(shared).toEqual([]);
});

test('a table is filled by COPY, and filled further, with progress', async () => {
  await using database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await createProductsTable(client);
  await createProductsTable(client);
  await client.end();
  const progress: number[] = [];
  await loadProducts(database.url, {
    count: 2_500,
    seed: 1,
    onProgress: (rows) => progress.push(rows),
  });
  await loadProducts(database.url, { count: 10, seed: 1, from: 2_500 });
  expect(progress).toEqual([1_000, 2_000, 2_500]);
  const rows = await database.sql(
    'select id::integer, name, sku, description, price::float8, last_updated as "lastUpdated", uuid from products_with_increment order by id',
  );
  expect(rows).toEqual(sample(2_510).map((product, at) => ({ id: at + 1, ...product })));
});

test('the inventory has one row a store and product, and is filled by COPY', async () => {
  await using database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await createInventoryTable(client);
  await client.end();
  await loadInventory(database.url, { count: 500, seed: 1 });
  const rows = await database.sql(
    'select store_code as "storeCode", product_sku as "productSku", shelf_note as "shelfNote", quantity, aisle, updated_at as "updatedAt" from store_inventory order by product_sku, store_code',
  );
  const expected = [...generateInventory({ count: 500, seed: 1 })];
  expect(rows).toHaveLength(500);
  expect(rows).toEqual(expect.arrayContaining(expected));
});
