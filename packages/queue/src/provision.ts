import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  type SQSClient,
} from '@aws-sdk/client-sqs';
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

/**
 * The queues that `provisionQueue` made by this name.
 *
 * @returns undefined while one of them is not there
 */
export async function findQueues(
  client: SQSClient,
  name: string,
  signal?: AbortSignal,
): Promise<ProvisionedQueues | undefined> {
  const [queueUrl, deadLetterQueueUrl, refreshQueueUrl] = await Promise.all(
    namesOf(name).map((queue) => urlOf(client, queue, signal)),
  );
  return queueUrl === undefined || deadLetterQueueUrl === undefined || refreshQueueUrl === undefined
    ? undefined
    : { queueUrl, deadLetterQueueUrl, refreshQueueUrl };
}

/** Deletes those of the three queues that are there, with all they hold. */
export async function deleteQueues(
  client: SQSClient,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const queue of namesOf(name)) {
    const url = await urlOf(client, queue, signal);
    if (url === undefined) continue;
    try {
      await client.send(new DeleteQueueCommand({ QueueUrl: url }), during(signal));
    } catch (error) {
      if (!(error instanceof QueueDoesNotExist)) throw translate('DeleteQueue', url, error);
    }
  }
}

const namesOf = (name: string) => [`${name}.fifo`, `${name}-dead.fifo`, `${name}-refresh`];

const during = (signal: AbortSignal | undefined) =>
  signal === undefined ? {} : { abortSignal: signal };

async function urlOf(
  client: SQSClient,
  queue: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const answer = await client.send(new GetQueueUrlCommand({ QueueName: queue }), during(signal));
    return answer.QueueUrl;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw translate('GetQueueUrl', queue, error);
  }
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
