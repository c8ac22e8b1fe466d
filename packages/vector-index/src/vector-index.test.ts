import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startPinecone, type PineconeServer } from '@aviary/local/pinecone';
import { PermanentError, RetryableError } from '@aviary/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { VectorIndex, type VectorIndexOptions } from './vector-index.ts';
import { UnansweredError } from './failures.ts';
import type { VectorRecord } from './record.ts';

let server: PineconeServer;
let index: VectorIndex;
let namespaces = 0;

const open = (options: Partial<VectorIndexOptions> = {}) =>
  new VectorIndex({
    apiKey: 'test',
    controllerHostUrl: server.url,
    index: 'birds',
    namespace: `n${namespaces}`,
    ...options,
  });

const record = (id: string, x = 1, y = 0): VectorRecord => ({
  id,
  values: [x, y, 0.25, 0],
  metadata: { name: `name of ${id}`, x },
});

/** A server that answers as told, for what the stand-in does not do. */
async function answering(answer: (response: ServerResponse, path: string) => void) {
  const counts = { requests: 0, connections: 0 };
  const answerer = createServer((request, response) => {
    counts.requests += 1;
    request.resume().once('end', () => {
      answer(response, request.url ?? '');
    });
  }).on('connection', () => (counts.connections += 1));
  await new Promise<void>((resolve) => answerer.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(answerer.address() as AddressInfo).port}`,
    counts,
    [Symbol.asyncDispose]: async () => {
      answerer.closeAllConnections();
      await new Promise((resolve) => answerer.close(resolve));
    },
  };
}

/** What the SDK wants to know of an index before it goes to its host. */
const description = (host: string) =>
  JSON.stringify({
    host,
    status: { ready: true, state: 'Ready' },
    deployment: { deployment_type: 'managed', cloud: 'aws', region: 'us-east-1' },
    schema: { fields: {} },
  });

beforeAll(async () => {
  server = await startPinecone();
  await open().ensure({ dimension: 4, metric: 'cosine' });
});
afterAll(() => server.close());
beforeEach(() => {
  namespaces += 1;
  index = open();
});
afterEach(() => {
  server.setFaults({});
});

describe('records', () => {
  test('come back as they were written', async () => {
    const written = record('a', Math.fround(0.123456789), 1e-7);
    written.metadata = { text: 'naïve “quotes” 🦩', n: 1.5, yes: true, tags: ['x', 'y'] };
    await index.upsert([written]);
    const found = await index.fetch(['a', 'absent']);
    expect([...found.keys()]).toEqual(['a']);
    expect(found.get('a')?.metadata).toEqual(written.metadata);
    expect(found.get('a')?.values).toEqual(Float32Array.from(written.values));
  });

  test('are replaced by the next of the same id', async () => {
    await index.upsert([record('a', 1)]);
    await index.upsert([record('a', 2)]);
    expect((await index.fetch(['a'])).get('a')?.metadata.x).toBe(2);
    expect(await index.count()).toBe(1);
  });

  test('go in packs, however many and however large', async () => {
    const large = 'x'.repeat(30_000);
    const records = Array.from({ length: 2500 }, (_, i) => record(`r:${i}`));
    records.slice(0, 150).forEach((r) => (r.metadata.large = large));
    await index.upsert(records);
    expect(await index.count()).toBe(2500);
    const found = await index.fetch(records.map((r) => r.id));
    expect(found.size).toBe(2500);
    await index.delete(records.slice(1).map((r) => r.id));
    expect(await index.count()).toBe(1);
  });

  test('are fetched and deleted by ids as long as the API allows', async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `/ ?${i}`.padEnd(512, '%'));
    await index.upsert(ids.map((id) => record(id)));
    expect(new Set((await index.fetch(ids)).keys())).toEqual(new Set(ids));
    await index.delete(ids);
    expect(await index.count()).toBe(0);
  });

  test('that are absent are deleted all the same, even from a namespace never written to', async () => {
    await index.delete(['never']);
    await index.upsert([record('a')]);
    await index.delete(['never', 'a']);
    expect(await index.count()).toBe(0);
  });

  test('none of them is nothing to do', async () => {
    await index.upsert([]);
    await index.delete([]);
    expect((await index.fetch([])).size).toBe(0);
  });

  test('of one namespace go with it, and others stay', async () => {
    await index.upsert([record('a')]);
    const other = open({ namespace: 'other' });
    await other.upsert([record('a')]);
    await index.deleteNamespace();
    await index.deleteNamespace();
    expect(await index.count()).toBe(0);
    expect(await other.count()).toBe(1);
  });
});

describe('query', () => {
  beforeEach(() => index.upsert([record('east', 1, 0), record('north', 0, 1), record('ne', 1, 1)]));

  test('finds the nearest first', async () => {
    const matches = await index.query({ vector: [1, 0.1, 0, 0], topK: 2 });
    expect(matches.map((match) => match.id)).toEqual(['east', 'ne']);
    expect(matches[0]?.score).toBeGreaterThan(0.9);
    expect(matches[0]).not.toHaveProperty('metadata');
  });

  test('filters by metadata, and returns it', async () => {
    const matches = await index.query({
      vector: new Float32Array([1, 0, 0, 0]),
      topK: 10,
      filter: { x: { $lt: 1 } },
      includeMetadata: true,
    });
    expect(matches.map(({ id, metadata }) => [id, metadata])).toEqual([
      ['north', { name: 'name of north', x: 0 }],
    ]);
  });

  test('of another dimension is refused for good', async () => {
    await expect(index.query({ vector: [1, 2], topK: 1 })).rejects.toThrow(PermanentError);
  });
});

test('ids are listed page by page, in order, by prefix', async () => {
  const ids = Array.from({ length: 250 }, (_, i) => `p:${String(i).padStart(3, '0')}`);
  await index.upsert(['q:1', ...ids.toReversed()].map((id) => record(id)));
  const list = async (prefix?: string) => {
    const pages: string[][] = [];
    for await (const page of index.listIds(prefix)) pages.push(page);
    return pages;
  };
  const pages = await list('p:');
  expect(pages.map((page) => page.length)).toEqual([100, 100, 50]);
  expect(pages.flat()).toEqual(ids);
  expect((await list()).flat()).toHaveLength(251);
  expect(await list('none')).toEqual([]);
});

describe('ensure', () => {
  test('waits until a new index is ready', async () => {
    server.setFaults({ initializingMs: 300 });
    const fresh = open({ index: 'fresh' });
    await fresh.ensure({ dimension: 4, metric: 'dotproduct' });
    await fresh.upsert([record('a')]);
  });

  test('is made in the region that was named', async () => {
    await open({ index: 'near', region: 'eu-west-1' }).ensure({ dimension: 4, metric: 'cosine' });
    const answer = await fetch(`${server.url}/indexes/near`, { headers: { 'api-key': 'test' } });
    expect(await answer.json()).toMatchObject({ deployment: { region: 'eu-west-1' } });
  });

  test('by several replicas at once makes one index', async () => {
    const replicas = Array.from({ length: 4 }, () => open({ index: 'raced' }));
    await Promise.all(replicas.map((r) => r.ensure({ dimension: 4, metric: 'cosine' })));
  });

  test.each([
    { dimension: 8, metric: 'cosine' },
    { dimension: 4, metric: 'euclidean' },
  ] as const)('refuses an index of another shape: %o', async (shape) => {
    const outcome = index.ensure(shape);
    await expect(outcome).rejects.toThrow(PermanentError);
    await expect(outcome).rejects.toThrow(
      `birds has dimension 4 and metric cosine; wanted are dimension ${shape.dimension} and metric ${shape.metric}`,
    );
  });
});

describe('failures', () => {
  test.each([
    ['another dimension', { ...record('a'), values: [1, 2] }],
    ['a null in metadata', { ...record('a'), metadata: { x: null } } as unknown as VectorRecord],
    ['metadata above 40 KB', { ...record('a'), metadata: { x: 'x'.repeat(41_000) } }],
    ['an id above 512 characters', record('a'.repeat(513))],
    ['an id that is not ASCII', record('ä')],
    ['NaN', record('a', NaN)],
    ['a record above 2 MB', { ...record('a'), metadata: { x: 'x'.repeat(2_100_000) } }],
  ])('%s is permanent', async (_, refused) => {
    await expect(index.upsert([refused])).rejects.toThrow(PermanentError);
  });

  test('503 may pass', async () => {
    server.setFaults({ unavailable: 1 });
    await expect(index.upsert([record('a')])).rejects.toThrow(RetryableError);
    await expect(index.query({ vector: [1, 0, 0, 0], topK: 1 })).rejects.toThrow(/answered 503/);
  });

  test('429 may pass, after the time it says', async () => {
    server.setFaults({ throttled: 1, retryAfterSeconds: 7 });
    const outcome = index.upsert([record('a')]);
    await expect(outcome).rejects.toThrow(RetryableError);
    await expect(outcome).rejects.toMatchObject({ retryAfterMs: 7000 });
  });

  test('a dropped connection may pass, whether or not the write was applied', async () => {
    await index.count();
    server.setFaults({ droppedBefore: 1 });
    await expect(index.upsert([record('before')])).rejects.toThrow(UnansweredError);
    server.setFaults({ droppedAfter: 1 });
    await expect(index.upsert([record('after')])).rejects.toThrow(UnansweredError);
    server.setFaults({});
    expect([...(await index.fetch(['before', 'after'])).keys()]).toEqual(['after']);
  });

  test('no answer within the time given may pass', async () => {
    const hurried = open({ requestTimeoutMs: 50 });
    const isFound = () =>
      hurried.count().then(
        () => true,
        () => false,
      );
    // What it has looked up it keeps; on a slow machine that takes longer at first.
    await expect.poll(isFound).toBe(true);
    server.setFaults({ slow: 1, slowMs: 5000 });
    const outcome = hurried.upsert([record('a')]);
    await expect(outcome).rejects.toThrow(UnansweredError);
    await expect(outcome).rejects.toThrow(/no answer within 50 ms/);
  });

  test.each([500, 502, 504])('%i may pass, and leaves open what was done', async (status) => {
    await using odd = await answering((response, url) =>
      url.startsWith('/indexes/')
        ? response.end(description(odd.url))
        : response.writeHead(status).end('<html>'),
    );
    const outcome = open({ controllerHostUrl: odd.url }).upsert([record('a')]);
    await expect(outcome).rejects.toThrow(UnansweredError);
  });

  test('what was refused or never sent leaves nothing open', async () => {
    const lost = await answering((response) => response.end(description(lost.url)));
    const orphan = open({ controllerHostUrl: lost.url });
    await orphan.upsert([record('a')]);
    await lost[Symbol.asyncDispose]();
    // The connection that was kept is found broken.
    await expect(orphan.upsert([record('a')])).rejects.toThrow(RetryableError);
    server.setFaults({ unavailable: 1 });
    const refused = index.upsert([record('a')]);
    for (const outcome of [orphan.upsert([record('a')]), refused]) {
      await expect(outcome).rejects.toThrow(RetryableError);
      await expect(outcome).rejects.not.toThrow(UnansweredError);
    }
  });

  test('nobody listening may pass', async () => {
    const nobody = open({ controllerHostUrl: 'http://127.0.0.1:1' });
    await expect(nobody.ensure({ dimension: 4, metric: 'cosine' })).rejects.toThrow(RetryableError);
    await expect(nobody.count()).rejects.toThrow(/could not be reached/);
  });

  test('a missing index may come, and is found when it does', async () => {
    const late = open({ index: 'late' });
    await expect(late.upsert([record('a')])).rejects.toThrow(RetryableError);
    await late.ensure({ dimension: 4, metric: 'cosine' });
    await late.upsert([record('a')]);
  });

  test.each([200, 400])('a look-up of the index answered %i oddly may pass', async (status) => {
    await using odd = await answering((response) => response.writeHead(status).end('<html>'));
    const outcome = open({ controllerHostUrl: odd.url }).upsert([record('a')]);
    await expect(outcome).rejects.toThrow(RetryableError);
    await expect(outcome).rejects.toThrow(/Look-up of the index birds/);
  });

  test.each(['', '<html>', 'null', '{"vectors":7,"records":7,"matches":7}'])(
    'an odd answer, %j, may pass where it is a failure',
    async (body) => {
      await using odd = await answering((response, url) =>
        response.end(url.startsWith('/indexes/') ? description(odd.url) : body),
      );
      const index = open({ controllerHostUrl: odd.url });
      const calls: (() => Promise<unknown>)[] = [
        () => index.upsert([record('a')]),
        () => index.delete(['a']),
        () => index.fetch(['a']),
        () => index.query({ vector: [1, 0, 0, 0], topK: 1 }),
        () => index.listIds().next(),
        () => index.count(),
      ];
      const failures = (await Promise.allSettled(calls.map((call) => call()))).flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      );
      for (const failure of failures) expect(failure).toBeInstanceOf(RetryableError);
      expect(failures.length).toBeGreaterThan(0);
    },
  );

  test('the signal ends a call with its reason', async () => {
    await index.count();
    server.setFaults({ slow: 1, slowMs: 5000 });
    const stop = new AbortController();
    const reason = new Error('lease lost');
    const outcome = index.upsert([record('a')], stop.signal);
    stop.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    await expect(index.upsert([record('b')], stop.signal)).rejects.toBe(reason);
  });
});

describe('requests', () => {
  test('go over one connection, one after another', async () => {
    await using counting = await answering((response) => response.end(description(counting.url)));
    const reusing = open({ controllerHostUrl: counting.url });
    for (let i = 0; i < 20; i++) await reusing.upsert([record('a')]);
    expect(counting.counts).toEqual({ requests: 21, connections: 1 });
  });

  test('are not repeated by the SDK', async () => {
    await using counting = await answering((response) => response.writeHead(500).end());
    const outcome = open({ controllerHostUrl: counting.url }).count();
    await expect(outcome).rejects.toThrow(RetryableError);
    expect(counting.counts.requests).toBe(1);
  });
});
