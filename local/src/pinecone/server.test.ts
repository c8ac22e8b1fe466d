import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startPinecone, type PineconeServer } from './server.ts';
import { Client } from './test-client.ts';

let server: PineconeServer;
let client: Client;
let spaces = 0;
let namespace: string;

beforeAll(async () => {
  server = await startPinecone();
  client = new Client(server.url);
  await client.createIndex('birds', 2);
});
afterAll(() => server.close());
beforeEach(() => {
  namespace = `n${(spaces += 1)}`;
});
afterEach(() => {
  server.setFaults({});
});

const vectors = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `v${i}`, values: [1, i], metadata: { i } }));

describe('indexes', () => {
  test('are described with a host that leads to them', async () => {
    const { body } = await client.send('GET', '/indexes/birds');
    expect(body).toMatchObject({
      name: 'birds',
      host: `${server.url}/i/birds`,
      status: { ready: true },
    });
    const list = await client.send('GET', '/indexes');
    expect(list.body).toMatchObject({ indexes: [{ name: 'birds' }] });
  });

  test.each([
    ['a taken name', { name: 'birds', dimension: 2, metric: 'cosine' }, 409],
    ['a name with capitals', { name: 'Birds', dimension: 2, metric: 'cosine' }, 400],
    ['no dimension', { name: 'x', metric: 'cosine' }, 400],
    ['an unknown metric', { name: 'x', dimension: 2, metric: 'manhattan' }, 400],
  ])('with %s are refused', async (_, { name, ...field }, status) => {
    const schema = { fields: { _values: { type: 'dense_vector', ...field } } };
    const answer = await client.send('POST', '/indexes', { name, schema });
    expect(answer).toMatchObject({ status, body: { status, error: {} } });
  });

  test('that are absent are 404, as is any other path', async () => {
    for (const path of ['/indexes/none', '/i/none/namespaces', '/nowhere']) {
      expect((await client.send('GET', path)).status).toBe(404);
    }
  });

  test('need a key', async () => {
    expect((await fetch(`${server.url}/indexes`)).status).toBe(401);
  });
});

describe('limits', () => {
  test.each<[string, unknown]>([
    ['no records', { vectors: [] }],
    ['1,001 records', { vectors: vectors(1001) }],
    ['no id', { vectors: [{ values: [1, 2] }] }],
    ['another dimension', { vectors: [{ id: 'a', values: [1] }] }],
    ['a value that is null', { vectors: [{ id: 'a', values: [1, null] }] }],
    ['a value that is text', { vectors: [{ id: 'a', values: [1, '2'] }] }],
    ['a value too large', { vectors: [{ id: 'a', values: [1, 1e39] }] }],
    ['only zeros', { vectors: [{ id: 'a', values: [0, 0] }] }],
    ['nested metadata', { vectors: [{ id: 'a', values: [1, 2], metadata: { x: { y: 1 } } }] }],
    ['a list of numbers', { vectors: [{ id: 'a', values: [1, 2], metadata: { x: [1] } }] }],
    ['2 MB', { vectors: vectors(1), filler: 'x'.repeat(2 * 1024 * 1024) }],
  ])('an upsert with %s is refused', async (_, body) => {
    const answer = await client.send('POST', '/i/birds/vectors/upsert', body);
    expect(answer).toMatchObject({ status: 400, body: { code: expect.any(Number) as number } });
  });

  test('an upsert at its limits is taken, and what is refused leaves nothing behind', async () => {
    await client.upsert(namespace, vectors(1000));
    const refused = [...vectors(2), { id: 'bad', values: [1] }];
    await client.send('POST', '/i/birds/vectors/upsert', { namespace: 'none', vectors: refused });
    expect(await client.count(namespace)).toBe(1000);
    expect(await client.count('none')).toBe(0);
  });

  test('a fetch or delete takes 1,000 ids of any length and no more', async () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `${i}`.padEnd(512, 'x'));
    expect(await client.fetch(namespace, ids)).toEqual({});
    await client.upsert(namespace, vectors(3));
    await client.post('/vectors/delete', { namespace, ids });
    const more = { namespace, ids: [...ids, 'one more'] };
    expect((await client.send('POST', '/i/birds/vectors/delete', more)).status).toBe(400);
  });

  test.each([
    { topK: 0, vector: [1, 2] },
    { topK: 10_001, vector: [1, 2] },
    { topK: 1 },
    { topK: 1, vector: [1, 2], id: 'a' },
    { topK: 1, vector: [1, 2], filter: { x: { $like: 'y' } } },
  ])('the query %j is refused', async (query) => {
    expect((await client.send('POST', '/i/birds/query', query)).status).toBe(400);
  });
});

describe('records', () => {
  beforeEach(() => client.upsert(namespace, vectors(5)));

  test('are found by the vector of another, with values and metadata', async () => {
    const answer = await client.post('/query', {
      namespace,
      id: 'v4',
      topK: 2,
      includeValues: true,
      includeMetadata: true,
      filter: { i: { $lt: 4 } },
    });
    expect(answer).toMatchObject({
      matches: [
        { id: 'v3', values: [1, 3], metadata: { i: 3 } },
        { id: 'v2', values: [1, 2], metadata: { i: 2 } },
      ],
      namespace,
    });
  });

  test('are updated in part', async () => {
    await client.post('/vectors/update', { namespace, id: 'v1', setMetadata: { new: 'x' } });
    await client.post('/vectors/update', { namespace, id: 'v2', values: [9, 9] });
    await client.post('/vectors/update', { namespace, id: 'absent', setMetadata: { new: 'x' } });
    const found = await client.fetch(namespace, ['v1', 'v2', 'absent']);
    expect(found).toEqual({
      v1: { id: 'v1', values: [1, 1], metadata: { i: 1, new: 'x' } },
      v2: { id: 'v2', values: [9, 9], metadata: { i: 2 } },
    });
  });

  test('are deleted by filter, and all at once', async () => {
    await client.post('/vectors/delete', { namespace, filter: { i: { $gte: 3 } } });
    expect(Object.keys(await client.fetch(namespace, ['v0', 'v1', 'v2', 'v3', 'v4']))).toEqual([
      'v0',
      'v1',
      'v2',
    ]);
    await client.post('/vectors/delete', { namespace, deleteAll: true });
    expect(await client.count(namespace)).toBe(0);
  });

  test('of a namespace that is absent cannot be deleted', async () => {
    const absent = { namespace: 'absent', ids: ['a'] };
    expect((await client.send('POST', '/i/birds/vectors/delete', absent)).status).toBe(404);
  });

  test('namespaces are described, listed and deleted', async () => {
    const path = `/namespaces/${namespace}`;
    expect(await client.get(path)).toEqual({ name: namespace, record_count: 5 });
    await client.delete(path);
    expect((await client.send('GET', `/i/birds${path}`)).status).toBe(404);
    expect(await client.get('/namespaces')).not.toMatchObject({
      namespaces: expect.arrayContaining([expect.objectContaining({ name: namespace })]) as unknown,
    });
  });
});

describe('faults', () => {
  test('are switched by request, and what is no fault is refused', async () => {
    await client.send('PUT', '/_faults', { unavailable: 1 });
    expect((await client.send('GET', '/indexes')).status).toBe(503);
    expect((await client.send('PUT', '/_faults', { unavailible: 1 })).status).toBe(400);
    await client.send('PUT', '/_faults', {});
    expect((await client.send('GET', '/indexes')).status).toBe(200);
  });

  test('429 says when to come again', async () => {
    server.setFaults({ throttled: 1, retryAfterSeconds: 3 });
    const { status, headers } = await client.send('GET', '/indexes');
    expect([status, headers.get('retry-after')]).toEqual([429, '3']);
  });

  test('shares are of requests', async () => {
    server.setFaults({ unavailable: 0.3, throttled: 0.3 });
    const counts: Record<number, number> = {};
    for (let i = 0; i < 300; i++) {
      const { status } = await client.send('GET', '/indexes');
      counts[status] = (counts[status] ?? 0) + 1;
    }
    for (const status of [200, 429, 503]) expect(counts[status]).toBeGreaterThan(40);
  });

  test('latency holds each answer back', async () => {
    server.setFaults({ latencyMs: 40 });
    const began = performance.now();
    await client.send('GET', '/indexes');
    expect(performance.now() - began).toBeGreaterThan(38);
  });

  test('writes are seen later, in their order, however the delay changes', async () => {
    server.setFaults({ consistencyDelayMs: 60_000 });
    await client.upsert(namespace, [{ id: 'a', values: [1, 2] }]);
    expect(await client.count(namespace)).toBe(0);
    await client.post('/vectors/delete', { namespace, ids: ['a'] });
    server.setFaults({});
    await client.upsert(namespace, [{ id: 'b', values: [1, 2] }]);
    expect(Object.keys(await client.fetch(namespace, ['a', 'b']))).toEqual(['b']);
  });

  test('a delayed write is seen in the end', async () => {
    server.setFaults({ consistencyDelayMs: 50 });
    await client.upsert(namespace, [{ id: 'a', values: [1, 2] }]);
    await expect.poll(() => client.count(namespace)).toBe(1);
  });
});

test('a refused record is named, and nothing of its request is done; writes are told as they are done', async () => {
  const told: string[][] = [];
  const strict = await startPinecone({
    refuses: (id) => id === 'odd',
    onWrite: (write) => {
      if (write.kind === 'upsert') told.push(write.ids);
    },
  });
  const itsClient = new Client(strict.url);
  await itsClient.createIndex('birds', 2);
  const vectors = ['even', 'odd'].map((id) => ({ id, values: [1, 2] }));
  const refused = await itsClient.send('POST', '/i/birds/vectors/upsert', { vectors });
  expect(refused).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('odd') as string },
  });
  await itsClient.upsert('', vectors.slice(0, 1));
  expect(told).toEqual([['even']]);
  await strict.close();
});
