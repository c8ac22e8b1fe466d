import type { QueueArgs } from '@pulumi/aws/sqs/index.js';

const day = 86_400;

/** After which a crashed emu's messages come back. */
const visibilityTimeoutSeconds = 60;

/** The longest SQS keeps anything: a letter outlives the message it came from, which ages on in the letter's queue. */
const longestSeconds = 14 * day;

const highThroughputFifo = {
  fifoQueue: true,
  deduplicationScope: 'messageGroup',
  fifoThroughputLimit: 'perMessageGroupId',
} satisfies QueueArgs;

const encrypted = { sqsManagedSseEnabled: true } satisfies QueueArgs;

/** Changes of rows, in order for each row. */
export const liveQueue = {
  ...highThroughputFifo,
  ...encrypted,
  visibilityTimeoutSeconds,
  messageRetentionSeconds: 4 * day,
} satisfies QueueArgs;

/** Changes that could not be brought into the index. */
export const deadLetterQueue = {
  ...highThroughputFifo,
  ...encrypted,
  messageRetentionSeconds: longestSeconds,
} satisfies QueueArgs;

/** Requests to read rows anew: order means nothing. */
export const refreshQueue = {
  ...encrypted,
  visibilityTimeoutSeconds,
  messageRetentionSeconds: longestSeconds,
} satisfies QueueArgs;

/** Receives before SQS gives a message up by itself; packages/queue says why so many. */
const maxReceiveCount = 100;

export const redrivePolicy = (deadLetterArn: string): string =>
  JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount });

/** Only that queue may give its messages up to this one. */
export const redriveAllowPolicy = (sourceArn: string): string =>
  JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [sourceArn] });

/** Whoever may use it, only over TLS. */
export const onlyEncrypted = (arn: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'OnlyOverTls',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sqs:*',
        Resource: arn,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  });
