import type { Express } from 'express';
import { z } from 'zod';
import { goneSignal } from '../gone-signal.ts';
import { parseInput } from '../problems.ts';
import { productId } from './product-id.ts';
import type { ProductsDesk } from './products-desk.ts';

/** Below the idle timeouts of load balancers, of 60 s. */
const heartbeatMs = 15_000;
/** How soon a browser asks again when the connection is lost. */
const retryMs = 1_000;

const journeyRequest = z.object({
  // Postgres knows times of one and a half thousand years after JavaScript's last.
  since: z.coerce
    .number({ error: 'since must be the savedAt of a change' })
    .nonnegative({ error: 'since may not be negative' })
    .max(8.64e15, { error: 'since is later than any time' }),
});

/** The way of a saved row into search, as server-sent events. */
export function addJourneyRoute(app: Express, products: ProductsDesk): void {
  app.get('/api/products/:id/journey', async (request, response) => {
    const { id } = parseInput(productId, request.params);
    const { since } = parseInput(journeyRequest, request.query);
    const { journeys } = products.current;
    journeys.admit();
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      // Proxies that collect answers would hold the steps back.
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${retryMs}\n\n`);
    const heartbeat = setInterval(() => response.write(': on its way\n\n'), heartbeatMs);
    try {
      await journeys.follow(
        { id, since },
        (event) => response.write(`data: ${JSON.stringify(event)}\n\n`),
        goneSignal(response),
      );
    } finally {
      clearInterval(heartbeat);
    }
    response.end();
  });
}
