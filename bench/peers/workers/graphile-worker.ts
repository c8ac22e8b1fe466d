import { makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { indexChange, triggerFor, type Change } from './table.ts';

/**
 * Graphile Worker with a job for each changed row. Concurrency and pool are those of its page on performance, local
 * queue and batched completion what it says to begin with. A row that changes again before its job has begun keeps the
 * one job, by its key.
 */

const connectionString = process.env.DATABASE_URL ?? '';
const concurrentJobs = 24;

const utils = await makeWorkerUtils({ connectionString });
await utils.migrate();
await utils.withPgClient((client) =>
  client.query(
    triggerFor(
      `perform graphile_worker.add_job('index_product', json_build_object('id', changed_id::text),
         job_key := 'product:' || changed_id)`,
    ),
  ),
);
await utils.release();

const database = new pg.Pool({ connectionString, max: concurrentJobs });
await run({
  preset: {
    worker: {
      connectionString,
      concurrentJobs,
      maxPoolSize: concurrentJobs + 1,
      localQueue: { size: concurrentJobs + 1 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
  taskList: { index_product: (payload) => indexChange(database, payload as Change) },
});
console.log('ready');
