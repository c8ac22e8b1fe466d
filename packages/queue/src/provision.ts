import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { translate } from './failure.ts';

/** Receives before SQS itself gives a message up: only a crash or a lost lease uses one up. */
const maxReceiveCount = 10;
const fourteenDaysSeconds = 1_209_600;

/**
 * Makes a high-throughput FIFO queue and its dead-letter queue, or finds them as they are. Dead letters are
 * kept for 14 days, live messages for 4, so that a letter outlives its message.
 *
 * @param name without the ending .fifo
 */
export async function provisionQueue(
  client: SQSClient,
  name: string,
): Promise<{ queueUrl: string; deadLetterQueueUrl: string }> {
  const highThroughput = {
    FifoQueue: 'true',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  };
  const create = async (queueName: string, attributes: Record<string, string>) => {
    try {
      const { QueueUrl } = await client.send(
        new CreateQueueCommand({
          QueueName: queueName,
          Attributes: { ...highThroughput, ...attributes },
        }),
      );
      return QueueUrl ?? '';
    } catch (error) {
      throw translate('CreateQueue', queueName, error);
    }
  };
  const deadLetterQueueUrl = await create(`${name}-dead.fifo`, {
    MessageRetentionPeriod: String(fourteenDaysSeconds),
  });
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const queueUrl = await create(`${name}.fifo`, {
    VisibilityTimeout: '60',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount }),
  });
  return { queueUrl, deadLetterQueueUrl };
}
