import type { QueueArgs } from '@pulumi/aws/sqs/index.js';
import {
  maxMessageBytes,
  retentionSeconds,
  visibilityTimeoutSeconds,
} from '../../../packages/queue/src/queue-attributes.ts';

const highThroughputFifo = {
  fifoQueue: true,
  deduplicationScope: 'messageGroup',
  fifoThroughputLimit: 'perMessageGroupId',
} satisfies QueueArgs;

const ofAnyKind = {
  sqsManagedSseEnabled: true,
  maxMessageSize: maxMessageBytes,
} satisfies QueueArgs;

/** Changes of rows, in order for each row. */
export const liveQueue = {
  ...highThroughputFifo,
  ...ofAnyKind,
  visibilityTimeoutSeconds,
  messageRetentionSeconds: retentionSeconds.live,
} satisfies QueueArgs;

/** Changes that could not be brought into the index. */
export const deadLetterQueue = {
  ...highThroughputFifo,
  ...ofAnyKind,
  messageRetentionSeconds: retentionSeconds.dead,
} satisfies QueueArgs;

/** Requests to read rows anew: order means nothing. */
export const refreshQueue = {
  ...ofAnyKind,
  visibilityTimeoutSeconds,
  messageRetentionSeconds: retentionSeconds.refresh,
} satisfies QueueArgs;
