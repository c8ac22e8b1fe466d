import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  startEmbeddings,
  type Charge,
  type EmbeddingsOptions,
  type EmbeddingsServer,
} from './index.ts';

const stub = { stub: { baseMs: 0, perTextMs: 0, dimensions: 12 } };
const started: EmbeddingsServer[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

async function start(options: EmbeddingsOptions = {}): Promise<EmbeddingsServer> {
  const server = await startEmbeddings({ model: stub, ...options });
  started.push(server);
  return server;
}

interface Answer {
  status: number;
  headers: Headers;
  data: { index: number; embedding: number[] | string }[];
  model: string;
  usage: { prompt_tokens: number; total_tokens: number };
  error: { message: string; type: string; param: string | null; code: string | null };
}

async function post(
  server: EmbeddingsServer,
  body: object,
  authorization: Record<string, string> = { authorization: 'Bearer any' },
): Promise<Answer> {
  const response = await fetch(`${server.url}/embeddings`, {
    method: 'POST',
    headers: authorization,
    body: JSON.stringify({ model: 'any-model', ...body }),
  });
  const parsed = (await response.json()) as Answer;
  return { ...parsed, status: response.status, headers: response.headers };
}

async function embed(server: EmbeddingsServer, input: string[]): Promise<number[][]> {
  const { data } = await post(server, { input });
  return data.map(({ embedding }) => embedding as number[]);
}

function dot(a: readonly number[] = [], b: readonly number[] = []): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

describe('answers', () => {
  test('a text that is refused is answered with 400, and another is embedded', async () => {
    const server = await start({ refuses: (text) => text.includes('no') });
    expect((await post(server, { input: ['yes', 'no'] })).status).toBe(400);
    expect((await post(server, { input: ['yes'] })).status).toBe(200);
  });

  test('one vector per input in order, the model echoed, usage counted', async () => {
    const server = await start();
    const { data, model, usage } = await post(server, { input: ['four', 'eight by'] });
    expect(data.map(({ index }) => index)).toEqual([0, 1]);
    expect(model).toBe('any-model');
    expect(usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    expect(server.stats()).toMatchObject({ requests: 1, inputs: 2, tokens: 3, rateLimited: 0 });
  });

  test('base64 and float carry the same vector', async () => {
    const server = await start();
    const asFloat = await post(server, { input: 'text' });
    const asBase64 = await post(server, { input: 'text', encoding_format: 'base64' });
    const bytes = new Uint8Array(Buffer.from(asBase64.data[0]?.embedding as string, 'base64'));
    expect([...new Float32Array(bytes.buffer)]).toEqual(asFloat.data[0]?.embedding);
  });

  test.each([1, 8, 12, 384, 512, 1536])(
    'stub vectors of %i dimensions are of unit length, equal for equal texts',
    async (dimensions) => {
      const server = await start({ model: { stub: { ...stub.stub, dimensions } } });
      const [a, b, again] = await embed(server, ['first', 'second', 'first']);
      expect(a).toHaveLength(dimensions);
      expect(dot(a, a)).toBeCloseTo(1, 5);
      expect(again).toEqual(a);
      if (dimensions > 1) expect(b).not.toEqual(a);
    },
  );

  test('stub vectors of 10,000 texts all differ', async () => {
    const server = await start({ model: { stub: { ...stub.stub, dimensions: 18 } } });
    const seen = new Set<string>();
    for (let page = 0; page < 5; page += 1) {
      const input = Array.from({ length: 2_000 }, (_, index) => `product ${page}-${index}`);
      const { data } = await post(server, { input, encoding_format: 'base64' });
      for (const { embedding } of data) seen.add(embedding as string);
    }
    expect(seen.size).toBe(10_000);
  });
});

describe('refusals in the shape of the API', () => {
  const word = 'a '.repeat(8_193);
  test.each([
    ['an empty string', { input: ['x', ''] }, /input\[1\].*empty/, 'input'],
    ['an empty array', { input: [] }, /empty array/, 'input'],
    ['token arrays', { input: [[1, 2]] }, /token arrays/, 'input'],
    ['tokens', { input: [1, 2] }, /token arrays/, 'input'],
    ['2,049 inputs', { input: Array(2_049).fill('x') }, /at most 2048/, 'input'],
    ['over 8,192 tokens', { input: word }, /maximum context length is 8192/, null],
    ['over 300,000 tokens', { input: Array(76).fill('a '.repeat(4_000)) }, /max 300000/, null],
    ['other dimensions', { input: 'x', dimensions: 13 }, /13.*12/, 'dimensions'],
    ['another format', { input: 'x', encoding_format: 'hex' }, /base64/, 'encoding_format'],
  ])('%s: 400', async (_, body, message, param) => {
    const { status, error } = await post(await start(), body);
    expect(status).toBe(400);
    expect(error.message).toMatch(message);
    expect(error.param).toBe(param);
  });

  test('a long text of few tokens is served', async () => {
    const { status } = await post(await start(), { input: 'warm jacket '.repeat(4_000) });
    expect(status).toBe(200);
  });

  // Split naively, in time that grows with the square of its length, it would outlast the test's timeout.
  test('a word of 300,000 letters does not stall the server', async () => {
    const { status } = await post(await start(), { input: 'z'.repeat(300_000) });
    expect(status).toBe(400);
  });

  test('no key: 401', async () => {
    const { status, error } = await post(await start(), { input: 'x' }, {});
    expect(status).toBe(401);
    expect(error.message).toMatch(/API key/);
  });

  test('another path: 404', async () => {
    const server = await start();
    const response = await fetch(`${server.url}/models`);
    expect(response.status).toBe(404);
    await response.body?.cancel();
  });
});

describe('rate limit', () => {
  // So that nothing refills by the time that requests take.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  test('429 with Retry-After and the account-wide headers once the tokens are spent', async () => {
    const server = await start({ rateLimit: { requestsPerMinute: 1_000, tokensPerMinute: 60 } });
    const first = await post(server, { input: 'x'.repeat(200) });
    expect(first.status).toBe(200);
    expect(Number(first.headers.get('x-ratelimit-remaining-tokens'))).toBe(10);
    expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('60');
    const second = await post(server, { input: 'x'.repeat(200) });
    expect(second.status).toBe(429);
    expect(second.error).toMatchObject({ type: 'tokens', code: 'rate_limit_exceeded' });
    expect(second.headers.get('retry-after')).toBe('40');
    expect(second.headers.get('x-ratelimit-reset-tokens')).toBe('50s');
    expect(server.stats()).toMatchObject({ requests: 2, inputs: 1, rateLimited: 1 });
  });

  test.each([
    { told: 'nothing', retryAfterMs: null },
    { told: 'too little', retryAfterMs: '4000' },
  ] as const)('with $told told', async ({ told, retryAfterMs }) => {
    const charges: Charge[] = [];
    const server = await start({
      rateLimit: { requestsPerMinute: 1_000, tokensPerMinute: 60, told },
      onCharge: (charge) => charges.push(charge),
    });
    await post(server, { input: 'x'.repeat(200) });
    const refused = await post(server, { input: 'y'.repeat(200) });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-ratelimit-remaining-tokens')).toBeNull();
    expect(refused.headers.get('retry-after-ms')).toBe(retryAfterMs);
    expect(charges).toEqual([
      { texts: ['x'.repeat(200)], tokens: 50, granted: true },
      { texts: ['y'.repeat(200)], tokens: 50, granted: false },
    ]);
  });

  test('requests are limited too', async () => {
    const server = await start({ rateLimit: { requestsPerMinute: 1, tokensPerMinute: 1_000 } });
    expect((await post(server, { input: 'x' })).status).toBe(200);
    const refused = await post(server, { input: 'x' });
    expect(refused.error.type).toBe('requests');
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
  });
});

describe('faults', () => {
  const putFaults = (server: EmbeddingsServer, body: object) =>
    fetch(new URL('/_faults', server.url), { method: 'PUT', body: JSON.stringify(body) });

  test('a share of server errors is met exactly, and ended over HTTP', async () => {
    const server = await start({ faults: { serverError: 0.5 } });
    const statuses = [];
    for (let turn = 0; turn < 4; turn += 1)
      statuses.push((await post(server, { input: 'x' })).status);
    expect(statuses).toEqual([200, 500, 200, 500]);
    expect((await putFaults(server, {})).status).toBe(204);
    for (let turn = 0; turn < 4; turn += 1)
      expect((await post(server, { input: 'x' })).status).toBe(200);
  });

  test('an unknown fault is refused by name', async () => {
    const response = await putFaults(await start(), { explode: 1 });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('explode');
  });

  test('a cut before the work embeds nothing, a cut after it does', async () => {
    const server = await start({ faults: { dropBefore: 1 } });
    await expect(post(server, { input: 'x' })).rejects.toThrow('fetch failed');
    expect(server.stats().inputs).toBe(0);
    server.setFaults({ dropAfter: 1 });
    await expect(post(server, { input: 'x' })).rejects.toThrow('fetch failed');
    expect(server.stats().inputs).toBe(1);
  });

  test('a wrong dimension, and quota', async () => {
    const server = await start({ faults: { wrongDimension: 1 } });
    expect((await embed(server, ['x']))[0]).toHaveLength(11);
    server.setFaults({ quotaExhausted: 1 });
    expect((await post(server, { input: 'x' })).error.code).toBe('insufficient_quota');
  });
});

describe('all-MiniLM-L6-v2', () => {
  test('the vendored files are those of the README', async () => {
    const folder = new URL('../../model/', import.meta.url);
    const readme = await readFile(new URL('README.md', folder), 'utf8');
    const rows = [...readme.matchAll(/^\| `(\S+)`\s*\| `([0-9a-f]{64})` \|$/gm)];
    expect(rows).toHaveLength(2);
    for (const [, name = '', checksum] of rows) {
      const content = await readFile(new URL(name, folder));
      expect(createHash('sha256').update(content).digest('hex'), name).toBe(checksum);
    }
  });

  test('meaning is near, equal texts are equal, long texts are cut, a query does not wait', async () => {
    const server = await start({ model: 'minilm' });
    const [query, parka, drill, again] = await embed(server, [
      'warm jacket for winter',
      'insulated down parka',
      'cordless drill',
      'warm jacket for winter',
    ]);
    expect(query).toHaveLength(384);
    expect(dot(query, query)).toBeCloseTo(1, 4);
    expect(again).toEqual(query);
    expect(dot(query, parka)).toBeGreaterThan(dot(query, drill) + 0.2);

    const start256 = 'garden hose '.repeat(300);
    const [cut, longer] = await embed(server, [start256, `${start256} and a steel knife`]);
    expect(longer).toEqual(cut);

    const bulk = embed(server, Array(400).fill('a lightweight tent for two') as string[]);
    let bulkDone = false;
    void bulk.then(() => (bulkDone = true));
    await embed(server, ['boots']);
    expect(bulkDone).toBe(false);
    expect(await bulk).toHaveLength(400);
  });
});
