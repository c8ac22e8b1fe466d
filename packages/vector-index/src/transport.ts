import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import https from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { FetchAPI } from '@pinecone-database/pinecone';
import { ErrorResponse } from './failures.ts';

/** An idle connection is given up before the other side does so, which would fail the next request. */
const IDLE_MS = 30_000;

interface Call {
  signal: AbortSignal | undefined;
  /** Sent instead of what the SDK serialised. */
  body: Buffer | undefined;
}

/**
 * What the SDK sends its requests through. It adds what the SDK lacks: a signal and a deadline for each
 * request, the Retry-After of an answer, and bodies that are serialised already.
 *
 * CPU time of the client, a request through the SDK to a server on the same machine: upsert of one record
 * 0.42 ms with the global fetch, 0.24 ms with this; query 0.38 ms and 0.24 ms.
 */
export class Transport {
  readonly #timeoutMs: number;
  readonly #calls = new AsyncLocalStorage<Call>();
  readonly #httpAgent = new http.Agent({ keepAlive: true, timeout: IDLE_MS });
  readonly #httpsAgent = new https.Agent({ keepAlive: true, timeout: IDLE_MS });

  constructor(options: { timeoutMs: number }) {
    this.#timeoutMs = options.timeoutMs;
  }

  /** Makes every request inside `work` end with the signal, and carry the body when there is one. */
  run<T>(call: Call, work: () => Promise<T>): Promise<T> {
    return this.#calls.run(call, work);
  }

  /** @throws ErrorResponse for any answer other than 2xx, the socket's error, or the signal's AbortError. */
  readonly fetch: FetchAPI = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const call = this.#calls.getStore();
    const sent = call?.body ?? Buffer.from((init?.body ?? '') as string);
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      agent: url.protocol === 'https:' ? this.#httpsAgent : this.#httpAgent,
      method: init?.method,
      headers: { ...(init?.headers as Record<string, string>), 'content-length': sent.length },
      signal: call?.signal,
    });
    const deadline = setTimeout(() => {
      request.destroy(new Error(`no answer within ${this.#timeoutMs} ms`));
    }, this.#timeoutMs);
    try {
      return await answerOf(request, sent);
    } finally {
      clearTimeout(deadline);
    }
  };
}

function answerOf(request: http.ClientRequest, body: Buffer): Promise<Response> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (answer) => {
      const { statusCode = 0, headers } = answer;
      buffer(answer).then((read) => {
        if (statusCode >= 200 && statusCode < 300)
          resolve(new Response(read, { status: statusCode }));
        else reject(new ErrorResponse(statusCode, headers['retry-after'], read.toString()));
      }, reject);
    });
    request.end(body);
  });
}
