export { createQueueClient, type QueueClientOptions } from './client.ts';
export { packBatches } from './pack.ts';
export { provisionQueue } from './provision.ts';
export {
  Queue,
  type OutgoingMessage,
  type QueueDepth,
  type ReceivedMessage,
  type RefusedMessage,
} from './queue.ts';
