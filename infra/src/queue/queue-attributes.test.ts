import { randomBytes } from 'node:crypto';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueArgs } from '@pulumi/aws/sqs/index.js';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createQueueClient, provisionQueue } from '../../../packages/queue/src/index.ts';
import {
  onlyOverTls,
  redriveAllowPolicy,
  redrivePolicy,
} from '../../../packages/queue/src/queue-attributes.ts';
import '../../../packages/testing/src/servers.ts';
import { deadLetterQueue, liveQueue, refreshQueue } from './queue-attributes.ts';

/*
 * Pulumi's own way to SQS cannot be had without its engine. So what the program gives Pulumi is put into the names that
 * the provider gives SQS, sent to a real SQS server on this machine, and what that server says of the queues is compared
 * with what it says of those that the operator, local runs and all tests make.
 */
const client = createQueueClient({ region: 'us-east-1', endpoint: inject('sqsUrl') });
const run = randomBytes(4).toString('hex');
type Attributes = Record<string, string>;
interface Three {
  live: Attributes;
  dead: Attributes;
  refresh: Attributes;
}
let byPulumi: Three;
let byOperator: Three;
let byPlainHttp: Three;

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
  byPulumi = await pulumisQueues(`${run}-infra`);
  const overTls = createQueueClient({ region: 'us-east-1', endpoint: inject('sqsUrl') });
  seemToUseTls(overTls);
  byOperator = await provisionedQueues(overTls, `${run}-operator`);
  byPlainHttp = await provisionedQueues(client, `${run}-local`);
  overTls.destroy();
});
afterAll(() => client.destroy());

/** As queues.ts has it. */
async function pulumisQueues(name: string): Promise<Three> {
  const create = async (queue: string, args: QueueArgs) => {
    const { QueueUrl = '' } = await client.send(
      new CreateQueueCommand({ QueueName: queue, Attributes: asSqsNames(args) }),
    );
    const { QueueArn = '' } = await attributesOf(QueueUrl);
    const set = (Attributes: Attributes) =>
      client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    await set({ Policy: onlyOverTls(QueueArn) });
    return { arn: QueueArn, set, look: () => attributesOf(QueueUrl) };
  };
  const dead = await create(`${name}-dead.fifo`, deadLetterQueue);
  const live = await create(`${name}.fifo`, {
    ...liveQueue,
    redrivePolicy: redrivePolicy(dead.arn),
  });
  const refresh = await create(`${name}-refresh`, refreshQueue);
  await dead.set({ RedriveAllowPolicy: redriveAllowPolicy(live.arn) });
  return { live: await live.look(), dead: await dead.look(), refresh: await refresh.look() };
}

async function provisionedQueues(by: SQSClient, name: string): Promise<Three> {
  const { queueUrl, deadLetterQueueUrl, refreshQueueUrl } = await provisionQueue(by, name);
  return {
    live: await attributesOf(queueUrl),
    dead: await attributesOf(deadLetterQueueUrl),
    refresh: await attributesOf(refreshQueueUrl),
  };
}

/** The client is told of queues at https, as AWS tells of them; the server on this machine has plain HTTP alone. */
function seemToUseTls({ middlewareStack }: SQSClient): void {
  middlewareStack.add(
    (next) => async (args) => {
      const { output, ...rest } = await next(args);
      if ('QueueUrl' in output) output.QueueUrl = output.QueueUrl?.replace(/^http:/, 'https:');
      return { ...rest, output };
    },
    { step: 'initialize' },
  );
  middlewareStack.add(
    (next) => (args) => {
      (args.request as { protocol: string }).protocol = 'http:';
      return next(args);
    },
    { step: 'finalizeRequest' },
  );
}

async function attributesOf(url: string): Promise<Attributes> {
  const QueueUrl = url.replace(/^https:/, 'http:');
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return Attributes;
}

function asSqsNames(args: QueueArgs): Attributes {
  const names: Partial<Record<keyof QueueArgs, string>> = {
    fifoQueue: 'FifoQueue',
    deduplicationScope: 'DeduplicationScope',
    fifoThroughputLimit: 'FifoThroughputLimit',
    visibilityTimeoutSeconds: 'VisibilityTimeout',
    messageRetentionSeconds: 'MessageRetentionPeriod',
    redrivePolicy: 'RedrivePolicy',
    sqsManagedSseEnabled: 'SqsManagedSseEnabled',
    maxMessageSize: 'MaximumMessageSize',
  };
  // Said by the provider where the program says nothing, though SQS itself would take messages of four times that.
  const sent: QueueArgs = { maxMessageSize: 262_144, ...args };
  return Object.fromEntries(
    Object.entries(sent).map(([key, value]) => {
      const attribute = names[key as keyof QueueArgs];
      if (attribute === undefined) throw new Error(`Say here what SQS calls ${key}.`);
      return [attribute, String(value)];
    }),
  );
}

/** All but when it was made, under a name that the queues of each maker have in common. */
const comparable = (attributes: Attributes) =>
  Object.fromEntries(
    Object.entries(attributes)
      .filter(([attribute]) => !attribute.endsWith('Timestamp'))
      .map(([attribute, value]) => [attribute, value.replaceAll(/-(infra|operator|local)/g, '')]),
  );

const three = ['live', 'dead', 'refresh'] as const;

test.each(three)('the %s queue is the same by Pulumi and by the operator', (queue) => {
  expect(comparable(byOperator[queue])).toEqual(comparable(byPulumi[queue]));
  expect(Object.keys(byOperator[queue])).toEqual(
    expect.arrayContaining([
      ...['VisibilityTimeout', 'MessageRetentionPeriod', 'SqsManagedSseEnabled', 'Policy'],
    ]),
  );
});

test.each(three)('but for its policy the %s queue is also the one of tests', (queue) => {
  const { Policy, ...others } = comparable(byPulumi[queue]);
  expect(Policy).toContain('aws:SecureTransport');
  // It would shut out whoever comes by plain HTTP, and there is no other way to a local server.
  expect(comparable(byPlainHttp[queue])).toEqual(others);
});

test('a message ends among its own dead letters, which outlive it and take no others', () => {
  const { live, dead } = byOperator;
  expect(JSON.parse(live.RedrivePolicy ?? '')).toEqual({
    deadLetterTargetArn: dead.QueueArn,
    maxReceiveCount: 100,
  });
  expect(JSON.parse(dead.RedriveAllowPolicy ?? '')).toEqual({
    redrivePermission: 'byQueue',
    sourceQueueArns: [live.QueueArn],
  });
  expect(Number(dead.MessageRetentionPeriod)).toBeGreaterThan(Number(live.MessageRetentionPeriod));
});
