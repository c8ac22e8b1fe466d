import { RetryableError, retry } from '@aviary/runtime';

/** How long a call may fail and be tried again, in milliseconds. */
const patienceMs = 60_000;

/**
 * Repeats a call while it fails with a RetryableError, for a minute.
 *
 * @throws the last failure, or the signal's reason.
 */
export async function patiently<T>(
  call: () => Promise<T>,
  options: { signal: AbortSignal; onRetry?: (error: RetryableError) => void },
): Promise<T> {
  const { signal, onRetry } = options;
  const end = performance.now() + patienceMs;
  const attempt = async () => {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RetryableError) || performance.now() < end) throw error;
      throw new GivenUp(error);
    }
  };
  try {
    return await retry(attempt, { signal, ...(onRetry && { onRetry }) });
  } catch (error) {
    throw error instanceof GivenUp ? error.failure : error;
  }
}

/** Ends the repeating of a call that may yet succeed. */
class GivenUp extends Error {
  readonly failure: RetryableError;

  constructor(failure: RetryableError) {
    super(failure.message);
    this.failure = failure;
  }
}
