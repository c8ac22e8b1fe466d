import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { readRecords } from './upsert-body.ts';

/**
 * A process that speaks enough of Pinecone's protocol for the services, answers after a set time, and keeps
 * nothing of a record but its id, a number of its metadata and when its upsert was answered.
 */

/** What the stub has seen since its start: GET /_counts. */
export interface IndexCounts {
  /** Requests by route, such as `POST /vectors/upsert`. */
  requests: Record<string, number>;
  /** Records upserted, repetitions included. */
  records: number;
  /** Ids ever upserted. */
  ids: number;
  /** When the newest upsert was answered, in milliseconds since the epoch; 0 before the first. */
  lastAnsweredAt: number;
}

/** GET /_log: every record upserted since DELETE /_log, oldest first. */
export type IndexLog = [id: string, price: number, answeredAt: number][];

const latencyMs = Number(process.env.LATENCY_MS ?? 10);
const searchedRows = Number(process.env.SEARCHED_ROWS ?? 0);
const dimension = Number(process.env.DIMENSIONS ?? 384);

const requests: Record<string, number> = {};
const ids = new Set<string>();
let records = 0;
let log: IndexLog = [];
let lastAnsweredAt = 0;

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    response.destroy();
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Not by stream/consumers, which goes by way of a Blob: that took half of this process's time.
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const { pathname } = new URL(request.url ?? '', 'http://stub');
  const route = `${request.method ?? ''} ${pathname}`;
  if (pathname.startsWith('/_')) send(response, tell(route));
  else await serve(route, body, request.headers.host ?? '', response);
}

/** For the measurement, not for the services. */
function tell(route: string): unknown {
  switch (route) {
    case 'GET /_counts':
      return { requests, records, ids: ids.size, lastAnsweredAt } satisfies IndexCounts;
    case 'GET /_log':
      return log;
    case 'DELETE /_log':
      log = [];
      return {};
    default:
      return { error: `There is no ${route}.` };
  }
}

async function serve(
  route: string,
  body: Buffer,
  host: string,
  response: ServerResponse,
): Promise<void> {
  requests[route] = (requests[route] ?? 0) + 1;
  const upserted = route === 'POST /vectors/upsert' ? readRecords(body) : [];
  await delay(latencyMs);
  const topK = route === 'POST /query' ? topKOf(body) : 0;
  send(response, contentOf(route, host, upserted.length, topK));
  if (upserted.length === 0) return;
  lastAnsweredAt = Date.now();
  records += upserted.length;
  for (const { id, price } of upserted) {
    ids.add(id);
    log.push([id, price, lastAnsweredAt]);
  }
}

/** Without parsing the vector, which is nearly all of it. */
const topKOf = (body: Buffer) => Number(/"topK":(\d+)/.exec(body.toString('latin1'))?.[1] ?? 0);

/** Rows from a random one on, nearest first. */
function matchesOf(topK: number): { id: string; score: number }[] {
  const first = Math.floor(Math.random() * searchedRows);
  return Array.from({ length: Math.min(topK, searchedRows) }, (_, nth) => ({
    id: String(1 + ((first + nth * 7) % searchedRows)),
    score: 1 - nth / 1_000,
  }));
}

function contentOf(route: string, host: string, upsertedCount: number, topK: number): unknown {
  if (route.startsWith('GET /indexes/')) return describe(route.slice('GET /indexes/'.length), host);
  switch (route) {
    case 'POST /vectors/upsert':
      return { upsertedCount };
    case 'GET /vectors/fetch':
    case 'GET /vectors/list':
      return {
        vectors: route.endsWith('list') ? [] : {},
        namespace: 'any',
        usage: { readUnits: 1 },
      };
    case 'POST /query':
      return { matches: matchesOf(topK), namespace: 'any', usage: { readUnits: 1 } };
    case 'POST /describe_index_stats':
      return { namespaces: {}, dimension, indexFullness: 0, totalVectorCount: ids.size };
    default:
      return {};
  }
}

function describe(name: string, host: string): unknown {
  return {
    name,
    host: `http://${host}`,
    status: { ready: true, state: 'Ready' },
    deployment: {
      deployment_type: 'managed',
      cloud: 'aws',
      region: 'us-east-1',
      environment: 'aws-us-east-1',
    },
    read_capacity: { mode: 'OnDemand', status: { state: 'Ready' } },
    schema: { fields: { _values: { type: 'dense_vector', dimension, metric: 'cosine' } } },
    deletion_protection: 'disabled',
  };
}

function send(response: ServerResponse, content: unknown): void {
  const json = JSON.stringify(content);
  response
    .writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
    })
    .end(json);
}

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit(0));
