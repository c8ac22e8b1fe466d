import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type BatchResultErrorEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { PermanentError, RetryableError, retry } from '@aviary/runtime';
import { eachConcurrently } from './each-concurrently.ts';
import { translate } from './failure.ts';
import { packBatches } from './pack.ts';

/** A message to send: to a FIFO queue with both ids, to a standard queue with neither. */
export interface OutgoingMessage {
  body: string;
  groupId?: string;
  deduplicationId?: string;
  /** How long the queue hides it at first, 0 to 900 seconds. Only a standard queue does so. */
  delaySeconds?: number;
}

/** A message leased from the queue until its visibility timeout ends. */
export interface ReceivedMessage {
  id: string;
  body: string;
  receiptHandle: string;
  /** Empty where the queue has no groups. */
  groupId: string;
  /** How often it was received, this time included. */
  receiveCount: number;
  /** Milliseconds since the epoch. */
  sentAt: number;
  firstReceivedAt: number;
}

/** Approximate, as SQS's own figures are. */
export interface QueueDepth {
  visible: number;
  inFlight: number;
  /** Sent with a delay that is not over. */
  delayed: number;
}

/** A message that the queue refused for good, and why. */
export interface RefusedMessage<T> {
  message: T;
  reason: string;
}

/** What became of a batch: `failed` may be sent again, for the last `reason`. */
interface SendOutcome<T> {
  failed: T[];
  refused: RefusedMessage<T>[];
  reason: string;
}

const requestsInFlight = 16;

/** One SQS queue, FIFO or standard. Every method throws a RetryableError when SQS is away, limiting or misconfigured. */
export class Queue {
  readonly url: string;
  readonly #client: SQSClient;
  /** Requests made since the start, by action. */
  readonly calls: Record<'send' | 'receive' | 'acknowledge' | 'extend', number> = {
    send: 0,
    receive: 0,
    acknowledge: 0,
    extend: 0,
  };

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.url = url;
  }

  /**
   * Sends all messages, many requests in flight, retrying alone what failed for the moment. A FIFO queue
   * takes what is sent again once, by its deduplication id; a standard queue may deliver it twice.
   *
   * @returns what the queue refused for good.
   * @throws the signal's reason when it aborts before everything is sent.
   */
  async send<T extends OutgoingMessage>(
    messages: readonly T[],
    options: { signal: AbortSignal; onRetry?: (error: RetryableError, pauseMs: number) => void },
  ): Promise<RefusedMessage<T>[]> {
    const refused: RefusedMessage<T>[] = [];
    await eachConcurrently(packBatches(messages), requestsInFlight, async (batch) => {
      let waiting = batch;
      await retry(async () => {
        const outcome = await this.#sendBatch(waiting, options.signal);
        refused.push(...outcome.refused);
        waiting = outcome.failed;
        if (waiting.length > 0) {
          throw new RetryableError(
            `SQS did not take ${waiting.length} message(s): ${outcome.reason}`,
          );
        }
      }, options);
    });
    return refused;
  }

  async #sendBatch<T extends OutgoingMessage>(
    batch: T[],
    signal: AbortSignal,
  ): Promise<SendOutcome<T>> {
    this.calls.send += 1;
    const command = new SendMessageBatchCommand({
      QueueUrl: this.url,
      Entries: batch.map((message, position) => ({
        Id: String(position),
        MessageBody: message.body,
        MessageGroupId: message.groupId,
        MessageDeduplicationId: message.deduplicationId,
        DelaySeconds: message.delaySeconds,
      })),
    });
    const failed: T[] = [];
    const refused: RefusedMessage<T>[] = [];
    let reason = '';
    try {
      const { Failed = [] } = await this.#client.send(command, { abortSignal: signal });
      for (const entry of Failed) {
        const message = batch[Number(entry.Id)];
        if (message === undefined) continue;
        reason = reasonOf(entry);
        if (entry.SenderFault === true) refused.push({ message, reason });
        else failed.push(message);
      }
    } catch (error) {
      signal.throwIfAborted();
      const translated = translate('SendMessageBatch', this.url, error);
      if (!(translated instanceof PermanentError)) throw translated;
      // One message spoils a whole request: halve until it is found.
      if (batch.length === 1) {
        refused.push(...batch.map((message) => ({ message, reason: translated.message })));
      } else {
        const middle = Math.ceil(batch.length / 2);
        for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
          const outcome = await this.#sendBatch(half, signal);
          failed.push(...outcome.failed);
          refused.push(...outcome.refused);
          reason ||= outcome.reason;
        }
      }
    }
    return { failed, refused, reason };
  }

  /** Waits up to `waitSeconds` for at least one message, and takes at most 10. */
  async receive(options: {
    waitSeconds: number;
    visibilityTimeoutSeconds: number;
    signal: AbortSignal;
  }): Promise<ReceivedMessage[]> {
    this.calls.receive += 1;
    try {
      const { Messages = [] } = await this.#client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.url,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: options.waitSeconds,
          VisibilityTimeout: options.visibilityTimeoutSeconds,
          MessageSystemAttributeNames: [
            'ApproximateReceiveCount',
            'ApproximateFirstReceiveTimestamp',
            'MessageGroupId',
            'SentTimestamp',
          ],
        }),
        { abortSignal: options.signal },
      );
      return Messages.map((message) => ({
        id: message.MessageId ?? '',
        body: message.Body ?? '',
        receiptHandle: message.ReceiptHandle ?? '',
        groupId: message.Attributes?.MessageGroupId ?? '',
        receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
        sentAt: Number(message.Attributes?.SentTimestamp ?? 0),
        firstReceivedAt: Number(message.Attributes?.ApproximateFirstReceiveTimestamp ?? 0),
      }));
    } catch (error) {
      options.signal.throwIfAborted();
      throw translate('ReceiveMessage', this.url, error);
    }
  }

  /**
   * Deletes messages whose work is done.
   *
   * @returns those that SQS did not delete: their lease had ended, and they will be delivered again.
   */
  async acknowledge<T extends { receiptHandle: string }>(
    messages: readonly T[],
    signal: AbortSignal,
  ): Promise<T[]> {
    return this.#eachBatch(messages, 'acknowledge', 'DeleteMessageBatch', signal, (entries) =>
      this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries: entries }), {
        abortSignal: signal,
      }),
    );
  }

  /**
   * Makes messages invisible to others for so many seconds from now; 0 hands them back at once.
   *
   * @returns those whose lease had already ended.
   */
  async extend<T extends { receiptHandle: string }>(
    messages: readonly T[],
    visibilityTimeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<T[]> {
    return this.#eachBatch(messages, 'extend', 'ChangeMessageVisibilityBatch', signal, (entries) =>
      this.#client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.url,
          Entries: entries.map((entry) => ({
            ...entry,
            VisibilityTimeout: visibilityTimeoutSeconds,
          })),
        }),
        { abortSignal: signal },
      ),
    );
  }

  async #eachBatch<T extends { receiptHandle: string }>(
    messages: readonly T[],
    counter: 'acknowledge' | 'extend',
    action: string,
    signal: AbortSignal,
    request: (
      entries: { Id: string; ReceiptHandle: string }[],
    ) => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>,
  ): Promise<T[]> {
    const failed: T[] = [];
    const batches = Array.from({ length: Math.ceil(messages.length / 10) }, (_, position) =>
      messages.slice(position * 10, position * 10 + 10),
    );
    await eachConcurrently(batches, requestsInFlight, async (batch) => {
      this.calls[counter] += 1;
      try {
        const { Failed = [] } = await request(
          batch.map((message, position) => ({
            Id: String(position),
            ReceiptHandle: message.receiptHandle,
          })),
        );
        for (const entry of Failed) {
          const message = batch[Number(entry.Id)];
          if (message !== undefined) failed.push(message);
        }
      } catch (error) {
        signal.throwIfAborted();
        throw translate(action, this.url, error);
      }
    });
    return failed;
  }

  /** How much waits, is being worked on, and is yet to come. */
  async depth(signal?: AbortSignal): Promise<QueueDepth> {
    try {
      const { Attributes = {} } = await this.#client.send(
        new GetQueueAttributesCommand({
          QueueUrl: this.url,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
        signal === undefined ? {} : { abortSignal: signal },
      );
      return {
        visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
        inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
        delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
      };
    } catch (error) {
      signal?.throwIfAborted();
      throw translate('GetQueueAttributes', this.url, error);
    }
  }
}

function reasonOf(entry: BatchResultErrorEntry): string {
  return entry.Message ?? entry.Code ?? 'no reason given';
}
