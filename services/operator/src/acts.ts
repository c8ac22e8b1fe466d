import { deleteQueues, provisionQueue, type createQueueClient } from '@aviary/queue';
import { RetryableError } from '@aviary/runtime';
import type { VectorIndex } from '@aviary/vector-index';
import type { Act } from './decision.ts';

/** What is not done by then is tried again at the next turn: an index that is made takes a while to be ready. */
const patienceMs = 30_000;

export interface Doer {
  sqs: ReturnType<typeof createQueueClient>;
  vectorsOf: (index: string, namespace: string) => VectorIndex;
  /** Told that queues of this name are others now. */
  onQueuesChanged: (name: string) => void;
}

/** Does what no object of Kubernetes does. @throws RetryableError or PermanentError */
export async function perform(act: Act, doer: Doer, stop: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(patienceMs);
  try {
    await doIt(act, doer, AbortSignal.any([stop, late]));
  } catch (error) {
    stop.throwIfAborted();
    if (!late.aborted) throw error;
    throw new RetryableError(`It takes longer than ${patienceMs / 1_000} s`, { cause: error });
  }
}

async function doIt(act: Act, doer: Doer, signal: AbortSignal): Promise<void> {
  const { sqs, vectorsOf, onQueuesChanged } = doer;
  switch (act.act) {
    case 'makeQueues':
      await provisionQueue(sqs, act.name);
      onQueuesChanged(act.name);
      return;
    case 'deleteQueues':
      await deleteQueues(sqs, act.name, signal);
      onQueuesChanged(act.name);
      return;
    case 'makeTarget': {
      const { index, dimensions: dimension, metric } = act;
      return vectorsOf(index, '').ensure({ dimension, metric }, signal);
    }
    case 'dropNamespace':
      return vectorsOf(act.index, act.namespace).deleteNamespace(signal);
  }
}

/** In words, for who reads that it failed. */
export function nameOf(act: Act): string {
  switch (act.act) {
    case 'makeQueues':
      return `make the queues ${act.name}`;
    case 'deleteQueues':
      return `delete the queues ${act.name}`;
    case 'makeTarget':
      return `make the index ${act.index}`;
    case 'dropNamespace':
      return `drop namespace ${act.namespace} of index ${act.index}`;
  }
}
