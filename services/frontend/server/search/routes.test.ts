import { randomUUID } from 'node:crypto';
import { waitUntil } from '@aviary/testing';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { problemSchema } from '../../shared/problem.ts';
import { highlightsSchema, searchPageSchema } from '../../shared/search.ts';
import { statusSchema } from '../../shared/pipeline.ts';
import { rows, startApp, textOf, type TestApp } from '../../testing/start-app.ts';

let aviary: TestApp;
beforeAll(async () => {
  aviary = await startApp();
  await recover();
});
afterAll(() => aviary.close());
afterEach(recover);

/** Ends all faults, and waits until searches by meaning are answered so again. */
async function recover(): Promise<void> {
  aviary.pinecone.setFaults({});
  aviary.embeddings.setFaults({});
  await waitUntil(
    async () => {
      // Not asked before: it needs an embedding.
      const { body } = await aviary.call('GET', `/api/search?q=${randomUUID()}`);
      return searchPageSchema.parse(body).answeredBy === 'semantic';
    },
    { what: 'meaning answers again' },
  );
}

test('search finds in relevance order, with rows as they are in Postgres', async () => {
  const { body } = await aviary.call(
    'GET',
    `/api/search?q=${encodeURIComponent(textOf(7))}&pageSize=5`,
  );
  const page = searchPageSchema.parse(body);
  expect(page.results[0]).toMatchObject({
    id: '7',
    key: { id: '7' },
    text: { name: 'Product 7', description: 'Description of 7' },
    metadata: { sku: 'SKU-7', price: 7.5 },
  });
  expect(page.results[0]?.score).toBeCloseTo(1, 3);
  const scores = page.results.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(page).toMatchObject({ index: 'products', page: 1, pageSize: 5, total: rows });
  expect(page.columns).toEqual({
    key: ['id'],
    text: ['name', 'description'],
    metadata: [
      { name: 'name', kind: 'text' },
      { name: 'sku', kind: 'text' },
      { name: 'price', kind: 'number' },
      { name: 'last_updated', kind: 'time' },
    ],
  });
});

test('the pages of a search hold every row once', async () => {
  const pages = await Promise.all(
    [1, 2, 3, 4].map((page) => aviary.call('GET', `/api/search?q=anything&page=${page}`)),
  );
  const ids = pages.flatMap(({ body }) =>
    searchPageSchema.parse(body).results.map(({ id }) => Number(id)),
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

test('bounds go to the index, and rows that no longer match are left out', async () => {
  const search = async (query: string) => {
    const { body } = await aviary.call('GET', `/api/search?q=any&pageSize=100&${query}`);
    const { results, total, more } = searchPageSchema.parse(body);
    return { ids: results.map(({ id }) => Number(id)).toSorted((a, b) => a - b), total, more };
  };
  expect(await search('price.min=10.5&price.max=13.5')).toEqual({
    ids: [10, 11, 12, 13],
    total: 4,
    more: false,
  });
  await aviary.database.sql('update products_with_increment set price = 99 where id = 11');
  expect((await search('price.min=10.5&price.max=13.5')).ids).toEqual([10, 12, 13]);

  expect((await search('last_updated.min=2099-01-01')).ids).toEqual([]);
  expect(
    (await search('last_updated.min=2020-01-01T00:00:00Z&last_updated.max=2099-01-01')).total,
  ).toBe(rows);
  const { body } = await aviary.call(
    'GET',
    '/api/search?q=product&mode=keyword&price.min=12.5&price.max=14',
  );
  expect(searchPageSchema.parse(body).results.map(({ id }) => Number(id))).toEqual([12, 13]);
});

test('keywords find what has all words, and what has any where nothing has all', async () => {
  const search = async (query: string) => {
    const { body } = await aviary.call(
      'GET',
      `/api/search?mode=keyword&q=${encodeURIComponent(query)}`,
    );
    return searchPageSchema.parse(body);
  };
  const all = await search('product 21');
  expect(all).toMatchObject({ mode: 'keyword', answeredBy: 'keyword', degraded: null, total: 1 });
  expect(all.results[0]?.id).toBe('21');
  const any = await search('something like 22 or such');
  expect(any.results.map(({ id }) => Number(id))).toEqual([22]);
  expect((await search('"description product"')).total).toBe(0);
  expect((await search('-product -description')).total).toBe(0);
  expect((await search('the of')).total).toBe(0);
  const second = await aviary.call('GET', '/api/search?mode=keyword&q=products&page=2&pageSize=50');
  const page = searchPageSchema.parse(second.body);
  expect(page.more).toBe(false);
  expect(page.results).toHaveLength((page.total ?? 0) - 50);
});

test.each([
  ['index', 'The vector index is away', () => aviary.pinecone.setFaults({ unavailable: 1 })],
  [
    'embedder',
    'The embedding service is away',
    () => aviary.embeddings.setFaults({ serverError: 1 }),
  ],
  ['index', 'The vector index is too slow', () => aviary.pinecone.setFaults({ latencyMs: 60_000 })],
  [
    'embedder',
    'The embedding service is too slow',
    () => aviary.embeddings.setFaults({ latencyMs: 60_000 }),
  ],
] as const)(
  'without the %s, keywords stand in and say: %s; it comes back by itself',
  async (dependency, reason, fail) => {
    const search = async () => {
      const query = `product 30 ${randomUUID()}`;
      const { status, body } = await aviary.call(
        'GET',
        `/api/search?q=${encodeURIComponent(query)}`,
      );
      expect(status).toBe(200);
      return searchPageSchema.parse(body);
    };
    fail();
    const began = performance.now();
    const first = await search();
    expect(first.results[0]?.id).toBe('30');
    expect(first).toMatchObject({
      mode: 'semantic',
      answeredBy: 'keyword',
      degraded: { reason },
    });
    // After 1.5 seconds, and not when the minute is over.
    expect(performance.now() - began).toBeLessThan(30_000);
    const { health } = statusSchema.parse((await aviary.call('GET', '/api/status')).body);
    expect(health[dependency].ok).toBe(false);

    // Known to be away, nobody waits for its second: what one search took longer, the machine did.
    await waitUntil(
      async () => {
        const { degraded, tookMs } = await search();
        expect(degraded).toEqual({ reason });
        return tookMs.embed + tookMs.index < 500;
      },
      { what: 'a search does not wait' },
    );

    await recover();
  },
);

test('a remembered query needs no embedder', async () => {
  await aviary.call('GET', '/api/search?q=remembered');
  aviary.embeddings.setFaults({ serverError: 1 });
  const { body } = await aviary.call('GET', '/api/search?q=remembered');
  expect(searchPageSchema.parse(body).degraded).toBeNull();
});

test('without a keyword index, keyword search says what to do, and a failing index is told as well', async () => {
  const bare = await startApp();
  onTestFinished(() => bare.close());
  await bare.database.sql(
    `do $$ declare name text; begin
       select indexname into name from pg_indexes where indexname like 'aviary\\_keywords%';
       execute 'drop index public.' || name; end $$`,
  );
  const asked = await bare.call('GET', '/api/search?mode=keyword&q=product');
  expect(asked.status).toBe(503);
  expect(problemSchema.parse(asked.body).detail).toContain('run "aviary install"');
  bare.pinecone.setFaults({ unavailable: 1 });
  const degraded = await bare.call('GET', '/api/search?q=product');
  expect(degraded.status).toBe(503);
  expect(problemSchema.parse(degraded.body).detail).toMatch(
    /^The vector index is away, and keywords cannot stand in\. /,
  );
});

test('the nearest sentence of each description is marked, and its vector remembered', async () => {
  await aviary.database.sql(
    `update products_with_increment set description = 'It is blue. Keeps tea hot for hours. Wash by hand.' where id in (40, 41)`,
  );
  const mark = async (content: object) => {
    const { body } = await aviary.call('POST', '/api/search/highlights', content);
    return highlightsSchema.parse(body);
  };
  const asked = {
    q: 'Keeps tea hot for hours.',
    ids: ['40', '41', '42', '12345', 'no id of ours'],
  };
  const before = aviary.embeddings.stats();
  const found = await mark(asked);
  expect(found.by).toBe('meaning');
  expect(found.highlights.map(({ id }) => id)).toEqual(['40', '41']);
  expect(found.highlights[0]).toMatchObject({
    marks: [{ field: 'description', start: 12, end: 36, text: 'Keeps tea hot for hours.' }],
  });
  expect(found.highlights[0]?.score).toBeCloseTo(1, 3);
  // The query, and three sentences that two products have.
  const after = aviary.embeddings.stats();
  expect(after.inputs - before.inputs).toBe(4);
  expect(await mark(asked)).toEqual(found);
  expect(aviary.embeddings.stats().requests).toBe(after.requests);

  const words = await mark({ q: 'keeping blues', mode: 'keyword', ids: ['40'] });
  expect(words).toEqual({
    by: 'words',
    highlights: [
      {
        id: '40',
        score: null,
        marks: [
          { field: 'description', start: 6, end: 10, text: 'blue' },
          { field: 'description', start: 12, end: 17, text: 'Keeps' },
        ],
      },
    ],
  });

  aviary.embeddings.setFaults({ serverError: 1 });
  const away = await mark({ q: 'hot for many hours', ids: ['40'] });
  expect(away).toMatchObject({ by: 'words', highlights: [{ id: '40', score: 0.75 }] });
});

test.each([
  ['/api/search?q=a&mode=magic', 'mode'],
  ['/api/search?q=a&price.min=cheap', 'price.min'],
  ['/api/search?q=a&price.max=1e9', 'price.max'],
  ['/api/search?q=a&price.max=1&price.max=2', 'price.max'],
  ['/api/search?q=a&price.min=5&price.max=4', 'price.min'],
  ['/api/search?q=a&price.is=5', 'price.is'],
  ['/api/search?q=a&sku.min=5', 'sku.min'],
  ['/api/search?q=a&description.is=x', 'description.is'],
  ['/api/search?q=a&__proto__.is=x', '__proto__.is'],
  ['/api/search?q=a&sku.is=a%00', 'sku.is'],
  ['/api/search?q=a&last_updated.min=yesterday', 'last_updated.min'],
  ['/api/search?q=a&last_updated.min=2026-02-01&last_updated.max=2026-01-01', 'last_updated.min'],
  ['/api/search?q=a%00', 'q'],
])('%s is refused and names %s', async (path, field) => {
  const { status, body } = await aviary.call('GET', path);
  expect(status).toBe(400);
  expect(problemSchema.parse(body).errors?.map((fault) => fault.field)).toEqual([field]);
});

test('highlights of too many results are refused', async () => {
  const ids = Array.from({ length: 51 }, (_, n) => String(n));
  expect((await aviary.call('POST', '/api/search/highlights', { q: 'a', ids })).status).toBe(400);
});

// Last: by now each has been answered.
test('every route answers as openapi.yaml says', () => {
  expect(aviary.contract.unseen('/api/search')).toEqual([]);
});
