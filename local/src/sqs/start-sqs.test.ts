import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { freePort } from '../dev/free-port.ts';
import { startSqs } from './start-sqs.ts';

async function queueOn(url: string, maxAttempts = 1) {
  const client = new SQSClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts,
  });
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({ QueueName: 'changes.fifo', Attributes: { FifoQueue: 'true' } }),
  );
  if (QueueUrl === undefined) throw new Error('no queue');
  return {
    client,
    QueueUrl,
    async send(body: string) {
      await client.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: body,
          MessageGroupId: 'row',
          MessageDeduplicationId: body,
        }),
      );
    },
    async receive() {
      const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
      return Messages;
    },
  };
}

test('serves a FIFO queue under the address its client used', async () => {
  const sqs = await startSqs();
  const queue = await queueOn(sqs.url);
  expect(queue.QueueUrl).toBe(`${sqs.url}/000000000000/changes.fifo`);
  await queue.send('one');
  await queue.send('two');
  expect((await queue.receive()).map((message) => message.Body)).toEqual(['one']);
  // The group is locked while its first message is in flight.
  expect(await queue.receive()).toEqual([]);
  await sqs.close();
});

test('a queue is found by whatever name the server has, also one that a region could be read in', async () => {
  const sqs = await startSqs();
  const { client } = await queueOn(sqs.url);
  const QueueUrl = 'http://sqs.shop.svc.cluster.local:4566/000000000000/changes.fifo';
  await expect(client.send(new ReceiveMessageCommand({ QueueUrl }))).resolves.toBeDefined();
  await sqs.close();
});

test('close ends a waiting receive at once, and the messages are gone', async () => {
  // Nobody else takes it in between.
  const sqs = await startSqs({ port: await freePort() });
  const { client, QueueUrl } = await queueOn(sqs.url);
  const waiting = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  const outcome = waiting.then(
    () => 'ended',
    () => 'ended',
  );
  await sqs.close();
  expect(await outcome).toBe('ended');
  const again = await startSqs({ port: sqs.port });
  await expect(client.send(new ReceiveMessageCommand({ QueueUrl }))).rejects.toThrow(
    /does not exist/,
  );
  await again.close();
});

test('messages that a poll took after its client had gone are given back', async () => {
  const sqs = await startSqs();
  const queue = await queueOn(sqs.url);
  const gone = new AbortController();
  const poll = queue.client.send(
    new ReceiveMessageCommand({ QueueUrl: queue.QueueUrl, WaitTimeSeconds: 20 }),
    { abortSignal: gone.signal },
  );
  // A request over another connection is answered after the server has seen the poll, and later its end.
  expect(await queue.receive()).toEqual([]);
  gone.abort();
  await expect(poll).rejects.toThrow(/abort/i);
  expect(await queue.receive()).toEqual([]);
  // The poll of the gone client is first in line, and takes it.
  await queue.send('one');
  const { Messages = [] } = await queue.client.send(
    new ReceiveMessageCommand({ QueueUrl: queue.QueueUrl, WaitTimeSeconds: 20 }),
  );
  expect(Messages.map((message) => message.Body)).toEqual(['one']);
  await sqs.close();
});

test('a taken port is named, with the remedy', async () => {
  const sqs = await startSqs();
  await expect(startSqs({ port: sqs.port })).rejects.toThrow(
    `127.0.0.1:${sqs.port}: another process has that port. Stop that process or choose another port`,
  );
  await sqs.close();
});

test('errors strike their share and the SDK retries over them', async () => {
  const sqs = await startSqs();
  const once = await queueOn(sqs.url);
  sqs.setFaults({ serverError: 1 });
  await expect(once.send('a')).rejects.toMatchObject({ name: 'InternalFailure' });
  sqs.setFaults({ throttled: 1 });
  await expect(once.send('a')).rejects.toMatchObject({ name: 'RequestThrottled' });
  sqs.setFaults({ dropBefore: 1 });
  await expect(once.send('a')).rejects.toThrow();
  sqs.setFaults({});
  expect(await once.receive()).toEqual([]);

  const retrying = await queueOn(sqs.url, 3);
  sqs.setFaults({ serverError: 0.5 });
  await retrying.send('b');
  await retrying.send('c');
  sqs.setFaults({});
  expect((await once.receive()).map((message) => message.Body)).toEqual(['b']);
  await sqs.close();
});

test('a connection dropped after the work leaves the work done', async () => {
  const sqs = await startSqs();
  const queue = await queueOn(sqs.url);
  sqs.setFaults({ dropAfter: 1 });
  await expect(queue.send('a')).rejects.toThrow();
  sqs.setFaults({});
  expect((await queue.receive()).map((message) => message.Body)).toEqual(['a']);
  await sqs.close();
});

test('latency delays, and the faults are set over HTTP too', async () => {
  const sqs = await startSqs();
  const queue = await queueOn(sqs.url);
  const put = (body: unknown) =>
    fetch(`${sqs.url}/_faults`, { method: 'PUT', body: JSON.stringify(body) });
  expect((await put({ latencyMs: 60 })).status).toBe(204);
  const started = performance.now();
  await queue.receive();
  expect(performance.now() - started).toBeGreaterThan(55);
  const refused = await put({ latency: 60 });
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('latency');
  await sqs.close();
});

test('a duplicate is delivered while its message is in flight, never after its deletion', async () => {
  const sqs = await startSqs({ faults: { duplicate: 1 } });
  const queue = await queueOn(sqs.url);
  await queue.send('a');
  await queue.send('b');
  const [first] = await queue.receive();
  const [again] = await queue.receive();
  expect([first?.Body, again?.Body]).toEqual(['a', 'a']);
  await queue.client.send(
    new DeleteMessageCommand({ QueueUrl: queue.QueueUrl, ReceiptHandle: first?.ReceiptHandle }),
  );
  sqs.setFaults({});
  expect((await queue.receive()).map((message) => message.Body)).toEqual(['b']);
  await sqs.close();
});

test('what was carried out is told, also where its client never learns of it', async () => {
  const told: string[] = [];
  const sqs = await startSqs({ onExchange: ({ action }) => told.push(action) });
  const queue = await queueOn(sqs.url);
  sqs.setFaults({ dropAfter: 1 });
  await expect(queue.send('a')).rejects.toThrow();
  sqs.setFaults({ serverError: 1 });
  await expect(queue.send('b')).rejects.toThrow();
  expect(told).toEqual(['CreateQueue', 'SendMessage']);
  await sqs.close();
});
