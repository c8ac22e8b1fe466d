import { withoutSecrets } from './secrets.ts';

/**
 * What a caller may do about a failure is decided once, at the edge that speaks the protocol, and
 * carried by the type: never by matching a message. `cause` holds the original error, and the message no secret.
 */

/** The same call may succeed later: the other side is away, slow, limiting or inconsistent. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  /** How long the other side asked to be left alone, in milliseconds, where it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ErrorOptions & { retryAfterMs?: number | undefined } = {}) {
    super(withoutSecrets(message), options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The same call will fail again: the input itself is at fault. The message is fit for a person. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';

  constructor(message: string, options?: ErrorOptions) {
    super(withoutSecrets(message), options);
  }
}
