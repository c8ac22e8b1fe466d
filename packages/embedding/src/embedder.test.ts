import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PermanentError, RetryableError } from '@aviary/runtime';
import { afterEach, describe, expect, test } from 'vitest';
import {
  startEmbeddings,
  type EmbeddingsOptions,
  type EmbeddingsServer,
} from '../../../local/src/embeddings/index.ts';
import { Embedder, Pacer, type EmbedderOptions, type EmbeddingUsage } from './index.ts';

const dimensions = 12;
const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(options: EmbeddingsOptions = {}): Promise<EmbeddingsServer> {
  const model = { stub: { baseMs: 1, perTextMs: 0, dimensions } };
  const server = await startEmbeddings({ model, ...options });
  stops.push(() => server.close());
  return server;
}

function connect(url: string, options: Partial<EmbedderOptions> = {}): Embedder {
  return new Embedder({ apiKey: 'key', baseURL: url, model: 'a-model', dimensions, ...options });
}

/** A server that always gives the same answer, for what the stand-in does not do. */
async function startAnswering(status: number, body: string): Promise<string> {
  const server = createServer((request, response) => {
    request
      .resume()
      .once('end', () =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('it succeeded'),
    (error: unknown) => error as Error,
  );
}

describe('packing', () => {
  test('any number of texts, in order, over as few requests as the limits allow', async () => {
    const server = await start();
    const embedder = connect(server.url);
    const texts = Array.from({ length: 5_000 }, (_, index) => `product ${index}`);
    const vectors = await embedder.embed(texts);
    expect(server.stats()).toMatchObject({ requests: 3, inputs: 5_000 });
    expect(vectors).toHaveLength(5_000);
    for (const index of [0, 2_047, 2_048, 4_999])
      expect(vectors[index]).toEqual((await embedder.embed([`product ${index}`]))[0]);
    expect(vectors[0]).toHaveLength(dimensions);
    expect(vectors[0]).toBeInstanceOf(Float32Array);
    expect(Math.hypot(...(vectors[0] ?? []))).toBeCloseTo(1, 5);
  });

  test('no text, no request', async () => {
    const server = await start();
    expect(await connect(server.url).embed([])).toEqual([]);
    expect(server.stats().requests).toBe(0);
  });

  test('an empty text is permanent and named, before any request', async () => {
    const server = await start();
    const error = await failure(connect(server.url).embed(['x', '']));
    expect(error).toBeInstanceOf(PermanentError);
    expect(error.message).toContain('Text 1 of 2 is empty');
    expect(server.stats().requests).toBe(0);
  });

  test('connections are kept alive', async () => {
    const server = await start();
    const embedder = connect(server.url);
    for (let turn = 0; turn < 20; turn += 1) await embedder.embed(['x']);
    // The client opens a second where it asks again before the first socket is back in its pool.
    expect(server.stats().connections).toBeLessThanOrEqual(2);
  });

  test('usage is told for each answered request', async () => {
    const server = await start();
    const usage: EmbeddingUsage[] = [];
    await connect(server.url, { onUsage: (one) => usage.push(one) }).embed(['four', 'four']);
    expect(usage).toHaveLength(1);
    expect(usage[0]).toMatchObject({ requests: 1, texts: 2, tokens: 2 });
  });
});

describe('rate limits are awaited in place', () => {
  test('Retry-After', async () => {
    const server = await start({ faults: { rateLimited: 0.5 } });
    const usage: EmbeddingUsage[] = [];
    const embedder = connect(server.url, { onUsage: (one) => usage.push(one) });
    await embedder.embed(['x']);
    await embedder.embed(['y']);
    expect(usage[1]).toMatchObject({ requests: 2 });
    expect(usage[1]?.waitedMs).toBeGreaterThanOrEqual(999);
    expect(server.stats()).toMatchObject({ requests: 3, rateLimited: 1 });
  });

  test('a Retry-After that is too short is believed once', async () => {
    const rateLimit = { requestsPerMinute: 1e6, tokensPerMinute: 600, told: 'too little' as const };
    const server = await start({ rateLimit });
    const embedder = connect(server.url);
    await embedder.embed(['x'.repeat(2_400)]);
    await embedder.embed(['y'.repeat(40)]);
    // Ten tokens are back after 1 s: asked for after 0.1 s, 1.1 s, and by then with few more.
    expect(server.stats().rateLimited).toBeLessThan(5);
  });

  test('a 429 that says nothing is waited for', async () => {
    const rateLimit = { requestsPerMinute: 1e6, tokensPerMinute: 600, told: 'nothing' as const };
    const server = await start({ rateLimit });
    const embedder = connect(server.url);
    await embedder.embed(['x'.repeat(2_400)]);
    await embedder.embed(['y'.repeat(40)]);
    expect(server.stats()).toMatchObject({ inputs: 2 });
    expect(server.stats().rateLimited).toBeLessThan(5);
  });

  // How fully and evenly replicas use a budget is measured in allowance.test.ts, by simulated time.
  test('three replicas share a bucket: nothing fails and nothing is embedded twice', async () => {
    const server = await start({ rateLimit: { requestsPerMinute: 1e6, tokensPerMinute: 6_000 } });
    const [texts, tokens] = [62, 100];
    let left = texts;
    const replica = async () => {
      const embedder = connect(server.url);
      const lane = async () => {
        while (left > 0) {
          left -= 1;
          await embedder.embed([`product ${left}`.padEnd(tokens * 4, '.')]);
        }
      };
      await Promise.all(Array.from({ length: 8 }, lane));
    };
    // The bucket holds 60 of the texts: the others wait for its refill.
    await Promise.all([replica(), replica(), replica()]);
    expect(server.stats()).toMatchObject({ inputs: texts, tokens: texts * tokens });
  });

  test('Embedders of a process share its Pacer', async () => {
    const server = await start({ rateLimit: { requestsPerMinute: 1e6, tokensPerMinute: 600 } });
    const pacer = new Pacer();
    const [one, two] = [connect(server.url, { pacer }), connect(server.url, { pacer })];
    await one.embed(['x'.repeat(2_396)]);
    // One token is left of 600; the other Embedder knows, and waits for its 10 before it asks.
    await two.embed(['y'.repeat(40)]);
    expect(server.stats()).toMatchObject({ requests: 2, rateLimited: 0 });
  });

  test('a wait beyond ten minutes is given back', async () => {
    const server = await start({ rateLimit: { requestsPerMinute: 10, tokensPerMinute: 1 } });
    const error = await failure(connect(server.url).embed(['x'.repeat(100)]));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toMatch(/429.*rate limit/);
    expect(error).toHaveProperty('retryAfterMs', expect.closeTo(1_440_000, -4));
  });

  test('spent quota is not waited for', async () => {
    const server = await start({ faults: { quotaExhausted: 1 } });
    const error = await failure(connect(server.url).embed(['x']));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('no quota left');
  });

  test('the signal ends the wait, for those in line as well', async () => {
    const server = await start({ rateLimit: { requestsPerMinute: 1, tokensPerMinute: 1e6 } });
    const embedder = connect(server.url);
    await embedder.embed(['x']);
    const stop = new AbortController();
    const waiting = [embedder.embed(['y'], stop.signal), embedder.embed(['z'], stop.signal)];
    stop.abort(new Error('stopped'));
    for (const each of waiting) expect((await failure(each)).message).toBe('stopped');
  });
});

describe('failures', () => {
  test.each([
    [401, /OPENAI_API_KEY/],
    [403, /OPENAI_API_KEY/],
    [404, /embedding\.model and OPENAI_BASE_URL/],
    [503, /503/],
  ])('%i is retryable and says what to do', async (status, remedy) => {
    const url = await startAnswering(status, '{"error":{"message":"no"}}');
    const error = await failure(connect(url).embed(['x']));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toMatch(remedy);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test.each(['{"data":[]}', '<html>', '{}', ''])('an answer of %j is retryable', async (body) => {
    const url = await startAnswering(200, body);
    expect(await failure(connect(url).embed(['x']))).toBeInstanceOf(RetryableError);
  });

  test('a server that ignores base64 is understood', async () => {
    const answer = { data: [{ index: 0, embedding: [0.6, 0.8] }], usage: { total_tokens: 1 } };
    const url = await startAnswering(200, JSON.stringify(answer));
    const vectors = await connect(url, { dimensions: 2 }).embed(['x']);
    expect(vectors).toEqual([new Float32Array([0.6, 0.8])]);
  });

  test('an input the server refuses is permanent, even first of all; asked about once', async () => {
    const server = await start();
    const embedder = connect(server.url);
    const long = 'word '.repeat(9_000);
    expect(await failure(embedder.embed([long]))).toBeInstanceOf(PermanentError);
    expect(server.stats().requests).toBe(2);
    const error = await failure(embedder.embed(['x', long]));
    expect(error).toBeInstanceOf(PermanentError);
    expect(error.message).toMatch(/maximum context length/);
    expect(server.stats().requests).toBe(3);
  });

  test('a setting the server refuses is retryable: no row is at fault', async () => {
    const server = await start();
    const embedder = connect(server.url, { model: 'text-embedding-3-small', dimensions: 13 });
    const error = await failure(embedder.embed(['x']));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toMatch(/13 dimensions.*embedding\.dimensions/);
  });

  test('a vector of another dimension is retryable and names both', async () => {
    const server = await start({ faults: { wrongDimension: 1 } });
    const error = await failure(connect(server.url).embed(['x']));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toMatch(/11 dimensions where 12.*embedding\.dimensions/);
  });

  test.each([{ serverError: 0.5 }, { dropBefore: 0.5 }, { dropAfter: 0.5 }])(
    'one stumble (%j) is not noticed',
    async (faults) => {
      const server = await start({ faults });
      const embedder = connect(server.url);
      for (let turn = 0; turn < 3; turn += 1) expect(await embedder.embed(['x'])).toHaveLength(1);
    },
  );

  test.each([{ serverError: 1 }, { dropBefore: 1 }, { dropAfter: 1 }])(
    'a lasting one (%j) is retryable',
    async (faults) => {
      const server = await start({ faults });
      expect(await failure(connect(server.url).embed(['x']))).toBeInstanceOf(RetryableError);
    },
  );

  test.each([{ latencyMs: 60_000 }, { slowBodyMs: 60_000 }])('a timeout: %j', async (faults) => {
    const server = await start({ faults });
    const embedder = connect(server.url, { requestTimeoutMs: 100 });
    const error = await failure(embedder.embed(['x']));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toMatch(/timed out/);
  });

  test('nobody there: retryable, with the address', async () => {
    const error = await failure(connect('http://127.0.0.1:9/v1').embed(['x']));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toMatch(/ECONNREFUSED|bad port/);
  });

  test('an abort under way throws its reason and ends the request', async () => {
    const server = await start({ faults: { latencyMs: 60_000 } });
    const error = await failure(connect(server.url).embed(['x'], AbortSignal.timeout(50)));
    expect(error.name).toBe('TimeoutError');
    expect(server.stats().inputs).toBe(0);
  });

  test('one refused request ends its siblings', async () => {
    const server = await start({ model: { stub: { baseMs: 0, perTextMs: 10, dimensions } } });
    const texts = [...Array<string>(2_048).fill('slow'), 'word '.repeat(9_000)];
    const embedder = connect(server.url);
    await embedder.embed(['proves the settings']);
    expect(await failure(embedder.embed(texts))).toBeInstanceOf(PermanentError);
    expect(server.stats().inputs).toBe(1);
  });
});
