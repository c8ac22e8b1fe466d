import { randomBytes } from 'node:crypto';
import { Queue, createQueueClient, provisionQueue } from '@aviary/queue';
import { inject } from 'vitest';
import './servers.ts';

/** A queue, its dead-letter queue and its refresh queue, of a test's own. */
export interface TestQueue {
  queue: Queue;
  deadLetters: Queue;
  refresh: Queue;
  /** What a service is configured with to reach it. */
  environment: Record<string, string>;
  /** Takes all messages that are there, and deletes them. */
  drain: (from?: Queue) => Promise<string[]>;
}

/** Makes queues as in production, on the run's SQS stand-in. */
export async function testQueue(endpoint = inject('sqsUrl')): Promise<TestQueue> {
  // The stand-in takes any credentials, and the SDK demands some.
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  Object.assign(process.env, credentials);
  const client = createQueueClient({ region: 'us-east-1', endpoint });
  const { queueUrl, deadLetterQueueUrl, refreshQueueUrl } = await provisionQueue(
    client,
    `test-${randomBytes(6).toString('hex')}`,
  );
  const queue = new Queue(client, queueUrl);
  return {
    queue,
    deadLetters: new Queue(client, deadLetterQueueUrl),
    refresh: new Queue(client, refreshQueueUrl),
    environment: {
      ...credentials,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_SQS: endpoint,
      QUEUE_URL: queueUrl,
      DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
      REFRESH_QUEUE_URL: refreshQueueUrl,
    },
    drain: async (from = queue) => {
      const bodies: string[] = [];
      const signal = new AbortController().signal;
      for (;;) {
        const messages = await from.receive({
          waitSeconds: 0,
          visibilityTimeoutSeconds: 30,
          signal,
        });
        if (messages.length === 0) return bodies;
        bodies.push(...messages.map(({ body }) => body));
        await from.acknowledge(messages, signal);
      }
    },
  };
}
