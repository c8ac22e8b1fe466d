import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { translate } from './failure.ts';
import {
  maxMessageBytes,
  onlyOverTls,
  redriveAllowPolicy,
  redrivePolicy,
  retentionSeconds,
  visibilityTimeoutSeconds,
} from './queue-attributes.ts';

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
const ofAnyKind = { SqsManagedSseEnabled: 'true', MaximumMessageSize: String(maxMessageBytes) };
const visibilityTimeout = { VisibilityTimeout: String(visibilityTimeoutSeconds) };
const keptFor = (seconds: number) => ({ MessageRetentionPeriod: String(seconds) });

/**
 * Makes a high-throughput FIFO queue, its dead-letter queue and its refresh queue, or finds them as they are. They refuse
 * plain HTTP, unless their own URLs are of plain HTTP, as those of a local server: nobody could reach them.
 *
 * @param name without the ending .fifo
 * @throws RetryableError
 */
export async function provisionQueue(client: SQSClient, name: string): Promise<ProvisionedQueues> {
  const [live, dead, refresh] = namesOf(name);
  const deadLetterQueueUrl = await create(client, dead, {
    ...highThroughputFifo,
    ...ofAnyKind,
    ...keptFor(retentionSeconds.dead),
  });
  const deadLetterArn = await arnOf(client, deadLetterQueueUrl);
  const arnNamed = (queue: string) => deadLetterArn.replace(/[^:]*$/, queue);
  const policyOf = (queue: string) =>
    deadLetterQueueUrl.startsWith('http:') ? {} : { Policy: onlyOverTls(arnNamed(queue)) };
  await set(client, deadLetterQueueUrl, {
    RedriveAllowPolicy: redriveAllowPolicy(arnNamed(live)),
    ...policyOf(dead),
  });
  const queueUrl = await create(client, live, {
    ...highThroughputFifo,
    ...ofAnyKind,
    ...visibilityTimeout,
    ...keptFor(retentionSeconds.live),
    RedrivePolicy: redrivePolicy(deadLetterArn),
    ...policyOf(live),
  });
  // The last, since whoever finds all three takes them for done.
  const refreshQueueUrl = await create(client, refresh, {
    ...ofAnyKind,
    ...visibilityTimeout,
    ...keptFor(retentionSeconds.refresh),
    ...policyOf(refresh),
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

const namesOf = (name: string) => [`${name}.fifo`, `${name}-dead.fifo`, `${name}-refresh`] as const;

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

async function create(
  client: SQSClient,
  queue: string,
  attributes: Record<string, string>,
): Promise<string> {
  try {
    const answer = await client.send(
      new CreateQueueCommand({ QueueName: queue, Attributes: attributes }),
    );
    return answer.QueueUrl ?? '';
  } catch (error) {
    // Made before with other attributes, or with the same that SQS keeps in other words.
    const found = isThere(error) ? await urlOf(client, queue, undefined) : undefined;
    if (found !== undefined) return found;
    throw translate('CreateQueue', queue, error);
  }
}

/** Its name is that of SQS's interface of today or of the one before, as the server says in a header. */
const isThere = (error: unknown) =>
  error instanceof Error && /Queue(Name|Already)Exists$/.test(error.name);

async function set(
  client: SQSClient,
  queueUrl: string,
  attributes: Record<string, string>,
): Promise<void> {
  try {
    await client.send(
      new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: attributes }),
    );
  } catch (error) {
    throw translate('SetQueueAttributes', queueUrl, error);
  }
}

async function arnOf(client: SQSClient, queueUrl: string): Promise<string> {
  try {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
    );
    return Attributes?.QueueArn ?? '';
  } catch (error) {
    throw translate('GetQueueAttributes', queueUrl, error);
  }
}
