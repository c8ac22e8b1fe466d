import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { EmbeddingModel } from './embedding-model.ts';

/** A worker's reply to a slice of texts. */
export interface Answer {
  vectors: Float32Array[];
  tokens: number;
}

interface Slice {
  texts: readonly string[];
  signal: AbortSignal;
  settle: PromiseWithResolvers<Answer>;
}

/**
 * Measured on 2 cores, texts a second, short (4-9 words) and product descriptions (32-48 words):
 *   2 workers x 1 thread, one text an inference:  1,541 and 359   <- this
 *   2 workers x 1 thread, batches of 8:           1,595 and 349
 *   1 worker x 2 threads, batches of 8:           1,330 and 333   (32: 1,424 and 299; spinning, so both
 *                                                                  cores are burnt at any load)
 *   1 worker x 1 thread, one text an inference:     812 and 184
 * Batches lose what they gain: padding, and a working set beyond the cache. A worker holds about 180 MB.
 */
const maxWorkers = 4;

/** Texts a worker takes at a time: 22 ms of descriptions, the longest a single query waits for a worker. */
const sliceLength = 4;

/** all-MiniLM-L6-v2 on worker threads, first come first served, but single texts (queries) go next. */
export async function createMiniLmModel(): Promise<EmbeddingModel> {
  // onnxruntime would report its use to its makers; its library asks the process, not the worker's own copy.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const single: Slice[] = [];
  const bulk: Slice[] = [];
  const workers = Array.from(
    { length: Math.min(availableParallelism(), maxWorkers) },
    () => new Worker(new URL('./minilm-worker.ts', import.meta.url)),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const idle = [...workers];

  function dispatch(): void {
    for (;;) {
      const worker = idle.pop();
      if (!worker) return;
      const slice = single.shift() ?? bulk.shift();
      if (!slice) {
        idle.push(worker);
        return;
      }
      // The client is gone: its texts are not worth the time of the others.
      if (slice.signal.aborted) {
        idle.push(worker);
        slice.settle.reject(slice.signal.reason);
        continue;
      }
      worker.once('message', (answer: Answer) => {
        idle.push(worker);
        slice.settle.resolve(answer);
        dispatch();
      });
      worker.postMessage(slice.texts);
    }
  }

  return {
    dimensions: 384,
    async embed(texts, signal) {
      const slices: Slice[] = [];
      for (let start = 0; start < texts.length; start += sliceLength) {
        const settle = Promise.withResolvers<Answer>();
        slices.push({ texts: texts.slice(start, start + sliceLength), signal, settle });
      }
      (texts.length === 1 ? single : bulk).push(...slices);
      dispatch();
      const answers = await Promise.all(slices.map(({ settle }) => settle.promise));
      return {
        vectors: answers.flatMap(({ vectors }) => vectors.map(toBase64)),
        tokens: answers.reduce((sum, answer) => sum + answer.tokens, 0),
      };
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}
