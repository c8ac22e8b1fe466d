import { randomBytes } from 'node:crypto';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { QueueArgs } from '@pulumi/aws/sqs/index.js';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createQueueClient, provisionQueue } from '../../../packages/queue/src/index.ts';
import '../../../packages/testing/src/servers.ts';
import {
  deadLetterQueue,
  liveQueue,
  redriveAllowPolicy,
  redrivePolicy,
  refreshQueue,
} from './queue-attributes.ts';

/*
 * Pulumi's own way to SQS cannot be had without its engine. So what the program gives Pulumi is put into the names that
 * the provider gives SQS, sent to a real SQS server on this machine, and what that server says of the queues is compared
 * with what it says of those that local runs and all tests use.
 */
const client = createQueueClient({ region: 'us-east-1', endpoint: inject('sqsUrl') });
const name = `infra-${randomBytes(4).toString('hex')}`;
let made: Record<'live' | 'dead' | 'refresh', Record<string, string>>;
let local: typeof made;

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
  const dead = await create(`${name}-dead.fifo`, deadLetterQueue);
  const live = await create(`${name}.fifo`, {
    ...liveQueue,
    redrivePolicy: redrivePolicy(dead.QueueArn ?? ''),
  });
  const refresh = await create(`${name}-refresh`, refreshQueue);
  made = { live, dead, refresh };
  const urls = await provisionQueue(client, `${name}-local`);
  local = {
    live: await attributesOf(urls.queueUrl),
    dead: await attributesOf(urls.deadLetterQueueUrl),
    refresh: await attributesOf(urls.refreshQueueUrl),
  };
});
afterAll(() => client.destroy());

async function create(queueName: string, args: QueueArgs): Promise<Record<string, string>> {
  const { QueueUrl = '' } = await client.send(
    new CreateQueueCommand({ QueueName: queueName, Attributes: asSqsNames(args) }),
  );
  return attributesOf(QueueUrl);
}

async function attributesOf(QueueUrl: string): Promise<Record<string, string>> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return Attributes;
}

function asSqsNames(args: QueueArgs): Record<string, string> {
  const names: Partial<Record<keyof QueueArgs, string>> = {
    fifoQueue: 'FifoQueue',
    deduplicationScope: 'DeduplicationScope',
    fifoThroughputLimit: 'FifoThroughputLimit',
    visibilityTimeoutSeconds: 'VisibilityTimeout',
    messageRetentionSeconds: 'MessageRetentionPeriod',
    redrivePolicy: 'RedrivePolicy',
    sqsManagedSseEnabled: 'SqsManagedSseEnabled',
  };
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => {
      const attribute = names[key as keyof QueueArgs];
      if (attribute === undefined) throw new Error(`Say here what SQS calls ${key}.`);
      return [attribute, String(value)];
    }),
  );
}

/** What may differ: whose they are and when they were made, and what AWS encrypts by default. */
const own = [
  'QueueArn',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
];
const shared = (attributes: Record<string, string>) =>
  Object.fromEntries(Object.entries(attributes).filter(([attribute]) => !own.includes(attribute)));

test.each(['live', 'dead', 'refresh'] as const)(
  'the %s queue in AWS is as the one that everything is tested with',
  (queue) => {
    expect(shared(made[queue])).toEqual(shared(local[queue]));
    expect(Object.keys(shared(made[queue]))).toEqual(
      expect.arrayContaining(['VisibilityTimeout', 'MessageRetentionPeriod']),
    );
  },
);

test('messages are given up to the dead letters after as many receives', () => {
  const policyOf = ({ RedrivePolicy = '{}' }: Record<string, string>) =>
    JSON.parse(RedrivePolicy) as { deadLetterTargetArn: string; maxReceiveCount: number | string };
  expect(Number(policyOf(made.live).maxReceiveCount)).toBe(
    Number(policyOf(local.live).maxReceiveCount),
  );
  expect(policyOf(made.live).deadLetterTargetArn).toBe(made.dead.QueueArn);
});

test('dead letters take messages from their queue alone', () => {
  expect(JSON.parse(redriveAllowPolicy('arn:aws:sqs:x:1:live.fifo'))).toEqual({
    redrivePermission: 'byQueue',
    sourceQueueArns: ['arn:aws:sqs:x:1:live.fifo'],
  });
});
