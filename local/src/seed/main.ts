import { createQueueClient, provisionQueue } from '@aviary/queue';
import { integer, loadConfig } from '@aviary/runtime';
import pg from 'pg';
import { z } from 'zod';
import { fillSampleTables } from '../dev/sample-tables.ts';

/**
 * What a cluster with stand-ins lacks beside them: the queues, and the sample tables with their rows. Run it as the
 * tables' owner; again is harmless.
 */

const config = loadConfig(
  z.object({
    DATABASE_URL: z.string(),
    AWS_REGION: z.string().default('us-east-1'),
    AWS_ENDPOINT_URL_SQS: z.url(),
    /** The main queue is QUEUE_NAME.fifo, the others are named after it. */
    QUEUE_NAME: z.string().default('aviary'),
    /** Rows of the products table at least. */
    ROWS: integer({ min: 0, max: 10_000_000 }).default(10_000),
  }),
  process.env,
);
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => stopping.abort(new Error('stopped')));
}

const sqs = createQueueClient({
  region: config.AWS_REGION,
  endpoint: config.AWS_ENDPOINT_URL_SQS,
});
console.log(JSON.stringify(await provisionQueue(sqs, config.QUEUE_NAME), null, 2));
sqs.destroy();

const client = new pg.Client({ connectionString: config.DATABASE_URL });
await client.connect();
try {
  await fillSampleTables(client, config.DATABASE_URL, config.ROWS, stopping.signal);
} finally {
  await client.end();
}
