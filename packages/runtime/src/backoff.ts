import { setTimeout as delay } from 'node:timers/promises';
import { RetryableError } from './failure.ts';

export interface BackoffOptions {
  /** Ends the waiting and the retrying: the call then throws the signal's reason. */
  signal: AbortSignal;
  /** First pause, in milliseconds; doubled each time. */
  firstMs?: number;
  /** Longest pause, in milliseconds. */
  maxMs?: number;
  /** Told of each failure before the pause. */
  onRetry?: (error: RetryableError, pauseMs: number) => void;
}

/**
 * Repeats a call while it fails with a RetryableError, for as long as the signal allows, pausing with
 * exponential backoff and full jitter, and at least as long as the other side asked for.
 * Any other error is thrown at once.
 */
export async function retry<T>(call: () => Promise<T>, options: BackoffOptions): Promise<T> {
  const { signal, firstMs = 100, maxMs = 10_000, onRetry } = options;
  for (let ceiling = firstMs; ; ceiling = Math.min(ceiling * 2, maxMs)) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      const pauseMs = Math.max(
        error.retryAfterMs ?? 0,
        ceiling / 2 + (Math.random() * ceiling) / 2,
      );
      onRetry?.(error, pauseMs);
      await sleep(pauseMs, signal);
    }
  }
}

/** Waits, and throws the signal's reason as soon as it aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
