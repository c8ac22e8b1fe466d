import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { translate } from './failure.ts';

/**
 * Receives before SQS itself gives a message up. A crash and a lost lease use one up, and so does a message that a
 * stopping emu hands back unbegun: in a backlog the same one may meet every emu of a rolling update, or a scale-down
 * each few minutes. 100 bears five updates of twenty emus, one after another, and still ends a crash loop within hours:
 * a message that kills its emu comes back after the visibility timeout of 60 s, or a restart's back-off of at most 5 min.
 */
const maxReceiveCount = 100;
const fourteenDaysSeconds = 1_209_600;

export interface ProvisionedQueues {
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** A standard queue: requests in it name rows, whose order is of no meaning. */
  refreshQueueUrl: string;
}

const highThroughputFifo = {
  FifoQueue: 'true',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
};

/**
 * Makes a high-throughput FIFO queue, its dead-letter queue and its refresh queue, or finds them as they are. Dead
 * letters are kept for 14 days, live messages for 4, so that a letter outlives its message; refresh requests too are
 * kept as long as SQS keeps anything.
 *
 * @param name without the ending .fifo
 */
export async function provisionQueue(client: SQSClient, name: string): Promise<ProvisionedQueues> {
  const create = async (queueName: string, attributes: Record<string, string>) => {
    try {
      const { QueueUrl } = await client.send(
        new CreateQueueCommand({ QueueName: queueName, Attributes: attributes }),
      );
      return QueueUrl ?? '';
    } catch (error) {
      throw translate('CreateQueue', queueName, error);
    }
  };
  const deadLetterQueueUrl = await create(`${name}-dead.fifo`, {
    ...highThroughputFifo,
    MessageRetentionPeriod: String(fourteenDaysSeconds),
  });
  const queueUrl = await create(`${name}.fifo`, {
    ...highThroughputFifo,
    VisibilityTimeout: '60',
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: await arnOf(client, deadLetterQueueUrl),
      maxReceiveCount,
    }),
  });
  const refreshQueueUrl = await create(`${name}-refresh`, {
    VisibilityTimeout: '60',
    MessageRetentionPeriod: String(fourteenDaysSeconds),
  });
  return { queueUrl, deadLetterQueueUrl, refreshQueueUrl };
}

async function arnOf(client: SQSClient, queueUrl: string): Promise<string | undefined> {
  try {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
    );
    return Attributes?.QueueArn;
  } catch (error) {
    throw translate('GetQueueAttributes', queueUrl, error);
  }
}
