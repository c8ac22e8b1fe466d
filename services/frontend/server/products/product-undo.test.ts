import { createPool, type Pool } from '@aviary/postgres';
import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProductUndo } from './product-undo.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await testDatabase();
  pool = createPool({ connectionString: database.url, max: 2, applicationName: 'test' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const columns = `id bigint generated always as identity primary key, name text, sku text, description text,
  price numeric, created_at timestamptz, last_updated timestamptz, uuid uuid`;

test.each([
  ['a product’s columns', '', true],
  ['a generated column besides', ', words tsvector generated always as (null) stored', true],
  ['a column that would be lost', ', purchase_price numeric', false],
])('a table of %s can restore: %s', async (_, more, restorable) => {
  await database.sql(
    `drop table if exists public.things; create table public.things (${columns}${more})`,
  );
  expect(await new ProductUndo(pool, 'public.things').restorable()).toBe(restorable);
});

test.each([
  ['on delete cascade', false],
  ['on delete set null', false],
  ['', true],
])('a table referred to %s can restore: %s', async (rule, restorable) => {
  await database.sql(`
    drop table if exists public.parts; drop table if exists public.things;
    create table public.things (${columns});
    create table public.parts (id bigint references public.things ${rule})`);
  expect(await new ProductUndo(pool, 'public.things').restorable()).toBe(restorable);
});

test('an identity that is always generated takes the id it had', async () => {
  await database.sql(`drop table if exists public.parts; drop table if exists public.things;
    create table public.things (${columns})`);
  const product = {
    ...{ id: 41, name: 'Kettle', sku: null, description: null, price: 3, version: '1' },
    ...{ createdAt: null, lastUpdated: '2026-01-02T03:04:05.000Z', uuid: null },
  };
  const restored = await new ProductUndo(pool, 'public.things').restore(product);
  expect(restored).toMatchObject({ product: { id: 41, lastUpdated: product.lastUpdated } });
});
