import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { searchPageSchema } from '../../shared/search.ts';
import { statusSchema } from '../../shared/status.ts';
import { rows, startApp, textOf, type TestApp } from '../../testing/start-app.ts';

let aviary: TestApp;
beforeAll(async () => {
  aviary = await startApp();
});
afterAll(() => aviary.close());
afterEach(() => {
  aviary.pinecone.setFaults({});
  aviary.embeddings.setFaults({});
});

test('search finds in relevance order, with rows as they are in Postgres', async () => {
  const { body } = await aviary.call(
    'GET',
    `/api/search?q=${encodeURIComponent(textOf(7))}&pageSize=5`,
  );
  const page = searchPageSchema.parse(body);
  expect(page.results[0]).toMatchObject({ product: { id: 7, name: 'Product 7', price: 7.5 } });
  expect(page.results[0]?.score).toBeCloseTo(1, 3);
  const scores = page.results.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(page).toMatchObject({ page: 1, pageSize: 5, total: rows });
});

test('the pages of a search hold every row once', async () => {
  const pages = await Promise.all(
    [1, 2, 3, 4].map((page) => aviary.call('GET', `/api/search?q=anything&page=${page}`)),
  );
  const ids = pages.flatMap(({ body }) =>
    searchPageSchema.parse(body).results.map(({ product }) => product.id),
  );
  expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, n) => n + 1));
});

test('a row that vanished is left out of the results', async () => {
  await aviary.database.sql('delete from products_with_increment where id = 9');
  const { body } = await aviary.call(
    'GET',
    `/api/search?q=${encodeURIComponent(textOf(9))}&pageSize=100`,
  );
  const { results } = searchPageSchema.parse(body);
  expect(results).toHaveLength(rows - 1);
});

test('a query is embedded once', async () => {
  await aviary.call('GET', '/api/search?q=twice');
  const before = aviary.embeddings.stats().inputs;
  await Promise.all([
    aviary.call('GET', '/api/search?q=twice'),
    aviary.call('GET', '/api/search?q=twice&page=2'),
  ]);
  expect(aviary.embeddings.stats().inputs).toBe(before);
});

test('an index or embedder away is a 503 with Retry-After, and the status says which', async () => {
  aviary.pinecone.setFaults({ unavailable: 1 });
  const noIndex = await aviary.call('GET', '/api/search?q=twice');
  expect(noIndex.status).toBe(503);
  expect(noIndex.headers.get('retry-after')).toMatch(/^\d+$/);
  aviary.pinecone.setFaults({});

  aviary.embeddings.setFaults({ serverError: 1 });
  const noEmbedder = await aviary.call('GET', '/api/search?q=never asked before');
  expect(noEmbedder.status).toBe(503);
  const { health } = statusSchema.parse((await aviary.call('GET', '/api/status')).body);
  expect(health.embedder.ok).toBe(false);

  aviary.embeddings.setFaults({});
  expect((await aviary.call('GET', '/api/search?q=never asked before')).status).toBe(200);
});

// Last: by now each has been answered.
test('every route answers as openapi.yaml says', () => {
  expect(aviary.contract.unseen('/api/search')).toEqual([]);
});
