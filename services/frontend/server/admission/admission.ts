import type { Registry } from '@aviary/runtime';
import type { Express, Request, RequestHandler } from 'express';
import { goneSignal } from '../gone-signal.ts';
import { Gate } from './gate.ts';
import { AdmissionMetrics } from './admission-metrics.ts';

export interface AdmissionOptions {
  /** Most at once, and most that wait for them. */
  search: { atOnce: number; queue: number };
  table: { atOnce: number; queue: number };
  /** Longest wait in a queue, in milliseconds. */
  waitMs: number;
}

/** Streams stay open for as long as they are looked at, and cost little meanwhile. */
const streams = { atOnce: 500, queue: 0 };
/** Looks at the pipeline and at dead letters: these wait for SQS, up to 15 s, rather than work. */
const looks = { atOnce: 64, queue: 64 };

/** Answered from what is kept, also while all else is overloaded: how people see that it is. */
const alwaysOpen = new Set(['/status', '/me']);

/**
 * Bounds what the API works on at once. Searches, streams, the pipeline and all else have a gate each, so that a
 * flood of one leaves the others usable. The path alone decides which: a header is whatever its sender likes.
 */
export function addAdmission(app: Express, options: AdmissionOptions, registry: Registry): void {
  const { waitMs } = options;
  const metrics = new AdmissionMetrics(registry);
  const gate = (name: string, what: string, sizes: { atOnce: number; queue: number }) =>
    admit(metrics.watch(name, (told) => new Gate({ what, ...sizes, waitMs }, told)));
  const search = gate('search', 'The search', options.search);
  const table = gate('table', 'The server', options.table);
  const stream = gate('stream', 'The server', streams);
  const pipeline = gate('pipeline', 'The server', looks);
  const gateOf = ({ path }: Request): RequestHandler => {
    if (/^\/search(\/|$)/i.test(path)) return search;
    if (/^\/products\/[^/]+\/journey\/?$/i.test(path)) return stream;
    return /^\/(pipeline|dead-letters)(\/|$)/i.test(path) ? pipeline : table;
  };
  app.use('/api', async (request, response, next) => {
    if (alwaysOpen.has(request.path)) next();
    else await gateOf(request)(request, response, next);
  });
}

/** In work is a request until its answer is out or its asker has gone. */
function admit(gate: Gate): RequestHandler {
  return async (_request, response, next) => {
    const leave = await gate.enter(() => goneSignal(response));
    if (response.closed) {
      leave();
      return;
    }
    response.once('close', leave);
    next();
  };
}
