import { SQSServiceException } from '@aws-sdk/client-sqs';
import { PermanentError, RetryableError } from '@aviary/runtime';

/**
 * Faults of a message that is being sent are its own for good. All else (throttling, 5xx, network, and also
 * a missing queue or refused credentials, which a person mends while the work waits) may succeed later.
 */
const permanentNames = new Set([
  'InvalidMessageContents',
  'BatchRequestTooLong',
  'InvalidParameterValue',
  'UnsupportedOperation',
]);

const remedies: Record<string, string> = {
  QueueDoesNotExist:
    'check QUEUE_URL, DEAD_LETTER_QUEUE_URL and REFRESH_QUEUE_URL, and that the queue exists in this region',
  AccessDenied: 'give this identity the SQS permissions it needs',
  InvalidClientTokenId: 'check the AWS credentials',
};

/** Aborts pass through; everything else becomes a RetryableError or a PermanentError. */
export function translate(action: string, queueUrl: string, error: unknown): unknown {
  if (error instanceof Error && error.name === 'AbortError') return error;
  const name = error instanceof Error ? error.name : 'unknown';
  const message = error instanceof Error ? error.message : String(error);
  const remedy = remedies[name];
  const text = `SQS ${action} on ${queueUrl} failed: ${message || name}${remedy ? ` (${remedy})` : ''}`;
  const permanent =
    action === 'SendMessageBatch' &&
    error instanceof SQSServiceException &&
    permanentNames.has(error.name);
  return permanent
    ? new PermanentError(text, { cause: error })
    : new RetryableError(text, { cause: error });
}
