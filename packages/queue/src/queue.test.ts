import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { startSqs, type LocalSqs } from '@aviary/local/sqs';
import { PermanentError, RetryableError } from '@aviary/runtime';
import { freePort, testQueue, type TestQueue } from '@aviary/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Queue, createQueueClient, deleteQueues, findQueues, provisionQueue } from './index.ts';

let sqs: LocalSqs;
let it: TestQueue;
beforeAll(async () => {
  sqs = await startSqs();
});
afterAll(() => sqs.close());
beforeEach(async () => {
  sqs.setFaults({});
  it = await testQueue(sqs.url);
});

const signal = AbortSignal.timeout(60_000);
const message = (position: number, body = `body ${position}`, group = `g${position}`) => ({
  body,
  groupId: group,
  deduplicationId: `d${position}`,
});
const take = (queue: Queue, visibilityTimeoutSeconds = 30) =>
  queue.receive({ waitSeconds: 0, visibilityTimeoutSeconds, signal });

describe('send', () => {
  test('brings every message, in requests of ten', async () => {
    const messages = Array.from({ length: 95 }, (_, position) => message(position));
    expect(await it.queue.send(messages, { signal })).toEqual([]);
    expect(it.queue.calls.send).toBe(10);
    expect((await it.drain()).sort()).toEqual(messages.map(({ body }) => body).sort());
  });

  test('keeps the order of a group, and takes a repeated message once', async () => {
    for (const position of [1, 2, 2, 3]) {
      await it.queue.send([message(position, `${position}`, 'one row')], { signal });
    }
    expect(await it.drain()).toEqual(['1', '2', '3']);
  });

  test('refuses for good what SQS does not take, and sends the rest', async () => {
    const huge = message(3, 'x'.repeat(1_048_577));
    const noGroup = { ...message(4), groupId: '' };
    const messages = [message(1), message(2), huge, noGroup, message(5)];
    const refused = await it.queue.send(messages, { signal });
    expect(refused.map((entry) => entry.message)).toEqual(expect.arrayContaining([huge, noGroup]));
    expect(refused).toHaveLength(2);
    for (const { reason } of refused) expect(reason).not.toBe('');
    expect((await it.drain()).sort()).toEqual(['body 1', 'body 2', 'body 5']);
  });

  test('waits for a queue that is away, says so, and brings each message once', async () => {
    const errors: RetryableError[] = [];
    sqs.setFaults({ serverError: 1 });
    await it.queue.send([message(1), message(2)], {
      signal,
      onRetry: (error) => {
        errors.push(error);
        sqs.setFaults(errors.length < 2 ? { dropAfter: 1 } : {});
      },
    });
    expect(errors).toHaveLength(2);
    expect(errors[0]?.message).toMatch(/SQS SendMessageBatch on http.* failed: /);
    expect((await it.drain()).sort()).toEqual(['body 1', 'body 2']);
  });

  test('ends with its signal', async () => {
    const stop = new AbortController();
    const reason = new Error('stop');
    sqs.setFaults({ serverError: 1 });
    const sending = it.queue.send([message(1)], {
      signal: stop.signal,
      onRetry: () => stop.abort(reason),
    });
    await expect(sending).rejects.toBe(reason);
  });

  test('names an absent queue and what to do', async () => {
    const errors: string[] = [];
    const client = createQueueClient({ region: 'us-east-1', endpoint: sqs.url });
    const stop = new AbortController();
    const absent = new Queue(client, it.queue.url.replace('.fifo', '-absent.fifo'));
    const sending = absent.send([message(1)], {
      signal: stop.signal,
      onRetry: (error) => {
        errors.push(error.message);
        stop.abort();
      },
    });
    await expect(sending).rejects.toThrow();
    expect(errors[0]).toContain('-absent.fifo failed');
    expect(errors[0]).toContain('check QUEUE_URL');
  });
});

describe('receive', () => {
  test('tells of each message what a consumer needs', async () => {
    const before = Date.now();
    await it.queue.send([message(1)], { signal });
    const [received] = await take(it.queue);
    expect(received).toMatchObject({ body: 'body 1', groupId: 'g1', receiveCount: 1 });
    expect(received?.sentAt).toBeGreaterThanOrEqual(before);
    expect(received?.firstReceivedAt).toBeGreaterThanOrEqual(received?.sentAt ?? Infinity);
    expect(await it.queue.depth()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  });

  test('a long poll ends with its signal, whatever its reason', async () => {
    const stop = new AbortController();
    const waiting = it.queue.receive({
      waitSeconds: 20,
      visibilityTimeoutSeconds: 30,
      signal: stop.signal,
    });
    setImmediate(() => stop.abort());
    await expect(waiting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }) as Error);
  });

  test('from a queue that is away may be tried again', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const away = new Queue(createQueueClient({ region: 'x', endpoint }), it.queue.url);
    await expect(take(away)).rejects.toBeInstanceOf(RetryableError);
    await expect(away.depth()).rejects.toBeInstanceOf(RetryableError);
  });
});

describe('a standard queue', () => {
  test('takes messages without ids, and gives them as it got them', async () => {
    const before = Date.now();
    expect(await it.refresh.send([{ body: 'one' }, { body: 'two' }], { signal })).toEqual([]);
    const received = [...(await take(it.refresh)), ...(await take(it.refresh))];
    expect(received.map(({ body }) => body).sort()).toEqual(['one', 'two']);
    expect(received[0]).toMatchObject({ groupId: '', receiveCount: 1 });
    expect(received[0]?.sentAt).toBeGreaterThanOrEqual(before);
    expect(await it.refresh.acknowledge(received, signal)).toEqual([]);
    expect(await it.refresh.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('hides for a while what is sent with a delay', async () => {
    await it.refresh.send([{ body: 'much later', delaySeconds: 900 }, { body: 'now' }], { signal });
    expect(await it.refresh.depth()).toEqual({ visible: 1, inFlight: 0, delayed: 1 });
    const [now, ...others] = await take(it.refresh);
    expect([now?.body, others]).toEqual(['now', []]);
    await it.refresh.send([{ body: 'later', delaySeconds: 1 }], { signal });
    const [later] = await it.refresh.receive({
      waitSeconds: 20,
      visibilityTimeoutSeconds: 30,
      signal,
    });
    expect(later?.body).toBe('later');
  });
});

test('a queue that cannot be made is told as a failure to try again', async () => {
  sqs.setFaults({ serverError: 0.5 });
  const client = createQueueClient({ region: 'us-east-1', endpoint: sqs.url });
  await expect(provisionQueue(client, 'odd')).rejects.toBeInstanceOf(RetryableError);
});

test('a queue that is there, with other attributes too, is taken as it is, and what is missing is made', async () => {
  const client = createQueueClient({ region: 'us-east-1', endpoint: sqs.url });
  const name = `begun-${Date.now()}`;
  const begun = await client.send(
    new CreateQueueCommand({
      QueueName: `${name}.fifo`,
      Attributes: { FifoQueue: 'true', VisibilityTimeout: '7' },
    }),
  );
  const made = await provisionQueue(client, name);
  expect(made.queueUrl).toBe(begun.QueueUrl);
  expect(await findQueues(client, name)).toEqual(made);
  client.destroy();
});

describe('acknowledge and extend', () => {
  test('a message done is gone, and one handed back comes again', async () => {
    await it.queue.send([message(1), message(2)], { signal });
    const messages = await take(it.queue);
    const [done, undone] = messages;
    if (!done || !undone) throw new Error('expected two messages');
    expect(await it.queue.acknowledge([done], signal)).toEqual([]);
    expect(await it.queue.extend([undone], 0, signal)).toEqual([]);
    const again = await take(it.queue);
    expect(again).toMatchObject([{ body: undone.body, receiveCount: 2 }]);
  });

  test('a lease that had ended is told, among others that had not', async () => {
    const bodies = Array.from({ length: 25 }, (_, position) => message(position));
    await it.queue.send(bodies, { signal });
    const messages = [
      ...(await take(it.queue)),
      ...(await take(it.queue)),
      ...(await take(it.queue)),
    ];
    expect(messages).toHaveLength(25);
    const lost = { receiptHandle: 'none of this queue' };
    expect(await it.queue.extend([...messages.slice(5), lost], 30, signal)).toEqual([lost]);
    expect(it.queue.calls.extend).toBe(3);
  });

  test('an unreachable queue is one to try again', async () => {
    await it.queue.send([message(1)], { signal });
    const messages = await take(it.queue);
    sqs.setFaults({ throttled: 1 });
    const failure = it.queue.acknowledge(messages, signal);
    await expect(failure).rejects.toBeInstanceOf(RetryableError);
    await expect(failure).rejects.not.toBeInstanceOf(PermanentError);
  });
});

test('queues are found by their name once all three are there, and are deleted together', async () => {
  const client = createQueueClient({ region: 'us-east-1', endpoint: sqs.url });
  const name = `named-${Date.now()}`;
  expect(await findQueues(client, name)).toBeUndefined();
  const made = await provisionQueue(client, name);
  expect(await findQueues(client, name)).toEqual(made);
  await deleteQueues(client, name);
  await deleteQueues(client, name);
  expect(await findQueues(client, name)).toBeUndefined();
  client.destroy();
});
