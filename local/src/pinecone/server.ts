import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, invalidArgument, notFound } from './api-error.ts';
import { handleControl } from './control-plane.ts';
import { handleData } from './data-plane.ts';
import { NO_FAULTS, drawOutcome, parseFaults, type Faults } from './faults.ts';
import { IndexCatalog } from './index-catalog.ts';
import type { Operation } from './operation.ts';
import { readBody } from './request-body.ts';

export type { Faults as PineconeFaults } from './faults.ts';
export type { Operation } from './operation.ts';

/** A fetch carries its ids in the address: 1,000 of 512 characters and their separators. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** Above any client's own, so that the server never closes a connection that is about to be used. */
const KEEP_ALIVE_MS = 120_000;

export interface PineconeOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Address to listen on; 127.0.0.1 when absent. */
  host?: string;
  /** Where indexes are kept; in memory when absent. */
  dataDir?: string;
  latencyMs?: number;
  consistencyDelayMs?: number;
  /** In force from the start, and again after `setFaults({})`. */
  faults?: Partial<Faults>;
  /** Ids whose upsert is answered with 400, for tests of records that an index will not take. */
  refuses?: (id: string) => boolean;
  /** Told of every write that was carried out, also where its client never learns of it. */
  onWrite?: (operation: Operation) => void;
}

export interface PineconeServer {
  /** To give the SDK as its controllerHostUrl. */
  url: string;
  /** Replaces the faults in force: what is not named is as at the start. Also `PUT /_faults`. */
  setFaults(faults: Partial<Faults>): void;
  /** Ends open connections and closes the files. */
  close(): Promise<void>;
}

/** Serves the part of the Pinecone API that Aviary uses, on 127.0.0.1: exact, durable, with the API's limits. */
export async function startPinecone(options: PineconeOptions = {}): Promise<PineconeServer> {
  const { latencyMs = 0, consistencyDelayMs = 0 } = options;
  const atStart: Faults = { ...NO_FAULTS, latencyMs, consistencyDelayMs, ...options.faults };
  let faults = atStart;
  const setFaults = (given: Partial<Faults>) => {
    faults = { ...atStart, ...given };
  };

  const route = async (request: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    const method = request.method ?? '';
    const [path = '', query] = (request.url ?? '').split('?', 2);
    const body = await readBody(request);
    if (request.headers['api-key'] === undefined) {
      throw new ApiError(401, 16, 'The header Api-Key is missing.');
    }
    const [, area, name, ...rest] = path.split('/');
    if (area === 'indexes' && rest.length === 0) {
      const origin = `http://${request.headers.host ?? ''}`;
      const { initializingMs } = faults;
      const answer = handleControl(method, name, body, { catalog, origin, initializingMs });
      if (answer) return answer;
    }
    if (area === 'i' && name !== undefined) {
      const index = catalog.get(name);
      const parameters = new URLSearchParams(query);
      const answer = handleData(index, `${method} /${rest.join('/')}`, parameters, body);
      if (answer !== undefined) return { status: 200, body: answer };
    }
    throw notFound(`There is no ${method} ${path} here.`);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/_faults' && request.method === 'PUT') {
      setFaults(parseFaults(await readBody(request)));
      send(response, 200, faults);
      return;
    }
    const began = performance.now();
    const { latencyMs, retryAfterSeconds, slow, slowMs } = faults;
    const outcome = drawOutcome(faults);
    if (outcome === 'droppedBefore') return void request.socket.destroy();
    if (outcome === 'unavailable' || outcome === 'throttled') await readBody(request);
    const answer =
      outcome === 'answered' || outcome === 'droppedAfter' ? await route(request) : undefined;
    if (outcome === 'droppedAfter') return void request.socket.destroy();
    const heldMs = latencyMs + (Math.random() < slow ? slowMs : 0) - (performance.now() - began);
    if (heldMs > 0) await delay(heldMs);
    if (answer) {
      send(response, answer.status, answer.body);
      return;
    }
    if (outcome === 'throttled') {
      response.setHeader('retry-after', String(retryAfterSeconds));
      throw new ApiError(429, 8, 'Too many requests: the rate limit is reached.');
    }
    throw new ApiError(503, 14, 'The service is unavailable.');
  };

  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      serve(request, response).catch((error: unknown) => sendError(request, response, error));
    },
  );
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const { code, message } = error;
      const taken = `Port ${options.port} of ${host} is taken: give a free one.`;
      reject(new Error(code === 'EADDRINUSE' ? taken : message, { cause: error }));
    });
    server.listen(options.port ?? 0, host, resolve);
  });
  // Only once the port is ours: a second server on the same files must fail before it mends them.
  const catalog = new IndexCatalog({
    dataDir: options.dataDir,
    consistencyDelayMs: () => faults.consistencyDelayMs,
    onWrite: (operation) => {
      if (operation.kind === 'upsert') refuse(operation.ids, options.refuses);
      options.onWrite?.(operation);
    },
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setFaults,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      catalog.close();
    },
  };
}

function refuse(ids: readonly string[], refuses: PineconeOptions['refuses']): void {
  const refused = refuses && ids.find(refuses);
  if (refused !== undefined) throw invalidArgument(`The record ${refused} is not taken.`);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const json = JSON.stringify(body);
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
    })
    .end(json);
}

/** The two planes word their errors differently. */
function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { status, code, message } =
    error instanceof ApiError ? error : new ApiError(500, 13, String(error));
  const body = request.url?.startsWith('/i/')
    ? { code, message, details: [] }
    : { status, error: { code: CODE_NAMES[code] ?? 'UNKNOWN', message } };
  send(response, status, body);
}

const CODE_NAMES: Record<number, string> = {
  3: 'INVALID_ARGUMENT',
  5: 'NOT_FOUND',
  6: 'ALREADY_EXISTS',
  8: 'RESOURCE_EXHAUSTED',
  11: 'OUT_OF_RANGE',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
};
