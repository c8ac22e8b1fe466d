import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, invalidRequest } from './api-error.ts';
import { readEmbedRequest, type EmbedRequest } from './embed-request.ts';
import { FaultPlan, faultsSchema, type Faults } from './faults.ts';
import { createMiniLmModel } from './minilm-model.ts';
import { AccountLimits, rateLimited, type RateLimit } from './rate-limit.ts';
import { parseObject, readBody } from './request-body.ts';
import { createStubModel, type StubOptions } from './stub-model.ts';

export interface EmbeddingsOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Address to listen on; 127.0.0.1 when absent. */
  host?: string;
  model?: 'minilm' | { stub: StubOptions };
  /** The account's limits; none by default. A request is charged a token per four bytes, as an estimate. */
  rateLimit?: RateLimit;
  faults?: Faults;
  /** Texts that are answered with 400, for tests of inputs that a model will not take. */
  refuses?: (text: string) => boolean;
  /** Told of every request that is well-formed, when it is charged or refused by the account's limits. */
  onCharge?(charge: Charge): void;
}

export interface Charge {
  texts: readonly string[];
  tokens: number;
  /** False for what is answered with 429. */
  granted: boolean;
}

/** Counted since the start. */
export interface EmbeddingsStats {
  /** Every POST /v1/embeddings, refused ones too. */
  requests: number;
  /** Texts embedded. */
  inputs: number;
  /** Tokens of the texts embedded. */
  tokens: number;
  /** Requests answered with 429. */
  rateLimited: number;
  /** TCP connections accepted. */
  connections: number;
}

export interface EmbeddingsServer {
  /** http://127.0.0.1:port/v1, the base URL for a client. */
  url: string;
  /** Replaces all faults; {} ends them. */
  setFaults(faults: Faults): void;
  stats(): EmbeddingsStats;
  close(): Promise<void>;
}

/**
 * Serves OpenAI's POST /v1/embeddings, with GET /stats and PUT /_faults beside it.
 * Resolves when the model is loaded and the port is open.
 */
export async function startEmbeddings(options: EmbeddingsOptions = {}): Promise<EmbeddingsServer> {
  const { model: choice = 'minilm', rateLimit } = options;
  const model = choice === 'minilm' ? await createMiniLmModel() : createStubModel(choice.stub);
  const limits = rateLimit && new AccountLimits(rateLimit);
  let faults = new FaultPlan(options.faults ?? {});
  const stats: EmbeddingsStats = {
    requests: 0,
    inputs: 0,
    tokens: 0,
    rateLimited: 0,
    connections: 0,
  };

  async function embed(request: IncomingMessage, response: ServerResponse): Promise<void> {
    stats.requests += 1;
    const body = await readBody(request);
    if (faults.strikes('dropBefore')) return void request.socket.destroy();
    if (!request.headers.authorization?.startsWith('Bearer ')) throw unauthorized();
    failIfStruck(faults);
    const asked = await readEmbedRequest(body, model.dimensions);
    if (options.refuses && asked.texts.some(options.refuses))
      throw invalidRequest("'input' holds a text that is not taken.", 'input');
    charge(asked);
    const admitted = limits?.headers() ?? {};

    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the client closed the connection')));
    if (faults.latencyMs > 0) await delay(faults.latencyMs, undefined, { signal: gone.signal });
    const { vectors, tokens } = await model.embed(asked.texts, gone.signal);
    stats.inputs += asked.texts.length;
    stats.tokens += tokens;
    if (faults.strikes('dropAfter')) return void request.socket.destroy();
    const answer = writeAnswer(
      asked,
      faults.strikes('wrongDimension') ? vectors.map(shorten) : vectors,
      tokens,
    );
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
      ...admitted,
    });
    if (faults.slowBodyMs > 0) {
      response.write(answer.slice(0, 1));
      await delay(faults.slowBodyMs, undefined, { signal: gone.signal });
      response.end(answer.slice(1));
    } else response.end(answer);
  }

  function charge({ texts, bytes }: EmbedRequest): void {
    const tokens = Math.ceil(bytes / 4);
    let granted = false;
    try {
      limits?.charge(tokens);
      granted = true;
    } finally {
      options.onCharge?.({ texts, tokens, granted });
    }
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    switch (`${method} ${url}`) {
      case 'POST /v1/embeddings':
        return embed(request, response);
      case 'GET /stats':
        return void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(stats));
      case 'PUT /_faults': {
        const parsed = faultsSchema.strict().safeParse(parseObject(await readBody(request)));
        if (!parsed.success) throw invalidRequest(parsed.error.message);
        faults = new FaultPlan(parsed.data);
        return void response.writeHead(204).end();
      }
      default:
        throw new ApiError(404, {
          message: `Invalid URL (${method} ${url})`,
          type: 'invalid_request_error',
        });
    }
  }

  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    route(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      const { status, body, headers } = error instanceof ApiError ? error : serverError(error);
      if (status === 429) stats.rateLimited += 1;
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    });
  });
  server.on('connection', () => (stats.connections += 1));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    setFaults: (next) => (faults = new FaultPlan(next)),
    stats: () => ({ ...stats }),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await model.close();
    },
  };
}

/** Assembled by hand: base64 needs no escaping, and JSON.stringify would scan all of it. */
function writeAnswer({ format, model }: EmbedRequest, vectors: string[], tokens: number): string {
  const data = vectors.map((vector, index) => {
    const embedding = format === 'base64' ? `"${vector}"` : JSON.stringify(toNumbers(vector));
    return `{"object":"embedding","index":${index},"embedding":${embedding}}`;
  });
  const usage = `{"prompt_tokens":${tokens},"total_tokens":${tokens}}`;
  return `{"object":"list","data":[${data.join()}],"model":${JSON.stringify(model)},"usage":${usage}}`;
}

function toNumbers(vector: string): number[] {
  const bytes = new Uint8Array(Buffer.from(vector, 'base64'));
  return [...new Float32Array(bytes.buffer)];
}

function shorten(vector: string): string {
  return Buffer.from(vector, 'base64').subarray(0, -4).toString('base64');
}

function failIfStruck(faults: FaultPlan): void {
  if (faults.strikes('serverError')) throw serverError('a fault was asked for');
  if (faults.strikes('rateLimited')) throw rateLimited('requests', 1_000);
  if (faults.strikes('quotaExhausted'))
    throw new ApiError(429, {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    });
}

function unauthorized(): ApiError {
  return new ApiError(401, {
    message: 'You need to provide your API key in an Authorization header: Bearer YOUR_KEY.',
    type: 'invalid_request_error',
  });
}

function serverError(cause: unknown): ApiError {
  return new ApiError(500, {
    message: `The server had an error while processing your request: ${String(cause)}`,
    type: 'server_error',
  });
}
