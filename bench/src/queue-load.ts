import { parseArgs } from 'node:util';
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { productAt } from '@aviary/local/products';
import { createQueueClient } from '@aviary/queue';

/**
 * A process that does nothing but send, or nothing but receive and delete, with the bare SDK: what the SQS
 * stand-in takes at most. Prints "ready", and at the end a {@link QueueLoad}.
 */

export interface QueueLoad {
  /** Milliseconds since the epoch: of the first message sent or received. */
  startedAt: number;
  /** When a tenth was done: by then the code is compiled. */
  warmAt: number;
  endedAt: number;
}

/** Requests in flight when sending, as pelican has. */
const sendsInFlight = 16;
const receivers = 8;

async function send(messages: number, first: number): Promise<QueueLoad> {
  const startedAt = Date.now();
  let warmAt = 0;
  let next = 0;
  await each(sendsInFlight, async () => {
    while (next < messages) {
      const from = next;
      next = Math.min(from + 10, messages);
      const Entries = Array.from({ length: next - from }, (_, position) => ({
        Id: String(position),
        MessageBody: bodyOf(first + from + position),
        MessageGroupId: `row-${first + from + position}`,
        MessageDeduplicationId: `version-${first + from + position}`,
      }));
      await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      if (next >= messages / 10) warmAt ||= Date.now();
    }
  });
  return { startedAt, warmAt, endedAt: Date.now() };
}

async function drain(messages: number): Promise<QueueLoad> {
  let startedAt = 0;
  let warmAt = 0;
  let drained = 0;
  const finished = new AbortController();
  await each(receivers, async () => {
    while (drained < messages) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 5,
          MessageSystemAttributeNames: ['All'],
        }),
        { abortSignal: finished.signal },
      );
      if (Messages.length === 0) continue;
      startedAt ||= Date.now();
      const Entries = Messages.map(({ ReceiptHandle }, position) => ({
        Id: String(position),
        ReceiptHandle,
      }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      drained += Messages.length;
      if (drained >= messages / 10) warmAt ||= Date.now();
    }
    finished.abort();
  }).catch((error: unknown) => {
    if (!finished.signal.aborted) throw error;
  });
  return { startedAt, warmAt, endedAt: Date.now() };
}

/** Of the size and the shape that pelican's jobs have. */
function bodyOf(number: number): string {
  const { name, sku, description, price } = productAt(number, 1);
  return JSON.stringify({
    format: 1,
    op: 'upsert',
    index: 'products',
    id: String(number),
    version: number,
    changedAt: 1_700_000_000_000,
    publishBy: Number.MAX_SAFE_INTEGER,
    text: `${name}\n${description}`,
    metadata: { name, sku, price, last_updated: 1_700_000_000 },
    contentHash: String(number).padStart(22, '0'),
    textIsNew: true,
  });
}

async function each(workers: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: workers }, work));
}

const { values, positionals } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    /** Number of the first row that is sent. */
    first: { type: 'string', default: '0' },
  },
  allowPositionals: true,
});
const QueueUrl = process.env.QUEUE_URL;
const client = createQueueClient({
  region: 'us-east-1',
  endpoint: process.env.AWS_ENDPOINT_URL_SQS,
});
process.once('SIGTERM', () => process.exit(143));
console.log('ready');
const messages = Number(values.messages);
const load = await (positionals[0] === 'drain'
  ? drain(messages)
  : send(messages, Number(values.first)));
console.log(JSON.stringify(load));
process.exit(0);
