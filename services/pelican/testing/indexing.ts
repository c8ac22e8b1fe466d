import { decodeJob, managedMetadata } from '@aviary/change-job';
import type { Queue } from '@aviary/queue';
import type { VectorIndex } from '@aviary/vector-index';

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
      for (const { body } of messages) {
        const job = decodeJob(body);
        if (job.op === 'delete') await vectors.delete([job.id]);
        else {
          const values = Array.from({ length: 384 }, (_, at) => (at === 0 ? 1 : 0));
          await vectors.upsert([{ id: job.id, values, metadata: managedMetadata(job) }]);
        }
      }
      if (messages.length > 0) await queue.acknowledge(messages, new AbortController().signal);
    }
  };
  const running = run().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running;
    },
  };
}
