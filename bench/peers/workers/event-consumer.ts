import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { indexRows, removeRows, type Row } from './index-rows.ts';

/**
 * What one writes behind Debezium's SQS sink, which ends at the queue: receives ten events at a time, embeds them by
 * one request, writes them by one, deletes them. RECEIVERS of them work at once; on a FIFO queue, where the sink gives
 * all events one group, SQS lets only one have messages, which keeps their order.
 */

interface Event {
  before: Row | null;
  after: Row | null;
}

const { QUEUE_URL, RECEIVERS = '1' } = process.env;
const client = new SQSClient();

async function receive(): Promise<never> {
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: QUEUE_URL,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 20,
      }),
    );
    if (Messages.length > 0) await handle(Messages);
  }
}

async function handle(messages: readonly Message[]): Promise<void> {
  // Of several events of a row, the last counts.
  const rows = new Map<string, Row | null>();
  for (const { Body = '' } of messages) {
    if (Body === '') continue;
    const { before, after } = JSON.parse(Body) as Event;
    const id = (after ?? before)?.id;
    if (id !== undefined) rows.set(String(id), after);
  }
  const gone = [...rows].flatMap(([id, row]) => (row === null ? [id] : []));
  await indexRows([...rows.values()].filter((row) => row !== null));
  await removeRows(gone);
  await client.send(
    new DeleteMessageBatchCommand({
      QueueUrl: QUEUE_URL,
      Entries: messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle })),
    }),
  );
}

console.log('ready');
process.once('SIGTERM', () => process.exit(0));
await Promise.all(Array.from({ length: Number(RECEIVERS) }, receive));
