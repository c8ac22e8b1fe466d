import { decodeJob, managedMetadata } from '@aviary/change-job';
import type { Queue } from '@aviary/queue';
import type { VectorIndex } from '@aviary/vector-index';

const vector = Float32Array.from({ length: 384 }, (_, at) => (at === 0 ? 1 : 0));

/** Brings jobs from the queue into the index, each with the same vector: as an emu does, without an embedder. */
export function startIndexing(queue: Queue, vectors: VectorIndex): AsyncDisposable {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    while (!signal.aborted) {
      const messages = await queue.receive({
        waitSeconds: 1,
        visibilityTimeoutSeconds: 30,
        signal,
      });
      // The last job of each row.
      const jobs = new Map(messages.map(({ body }) => decodeJob(body)).map((job) => [job.id, job]));
      const upserts = [...jobs.values()].filter((job) => job.op === 'upsert');
      const deletes = [...jobs.values()].filter((job) => job.op === 'delete');
      await vectors.upsert(
        upserts.map((job) => ({
          id: job.id,
          values: vector,
          metadata: managedMetadata(job, { queuedAt: job.changedAt, embeddedAt: job.changedAt }),
        })),
      );
      await vectors.delete(deletes.map(({ id }) => id));
      if (messages.length > 0) await queue.acknowledge(messages, new AbortController().signal);
    }
  };
  const running = Promise.all([run(), run(), run()]).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running;
    },
  };
}
