export { createQueueClient, type QueueClientOptions } from './client.ts';
export { indexQueueName } from './index-queues.ts';
export { packBatches } from './pack.ts';
export { deleteQueues, findQueues, provisionQueue, type ProvisionedQueues } from './provision.ts';
export {
  Queue,
  type OutgoingMessage,
  type QueueDepth,
  type ReceivedMessage,
  type RefusedMessage,
} from './queue.ts';
