import { PermanentError, RetryableError } from '@aviary/runtime';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';

/** A request's own fault, for the Embedder to tell whether input or configuration is to blame. */
const refusals = new Set([400, 413, 422]);

const remedies = new Map([
  [401, 'check OPENAI_API_KEY'],
  [403, 'give the key of OPENAI_API_KEY access to this model'],
  [404, "check the spec's embedding.model and OPENAI_BASE_URL"],
]);

const spent = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active']);

/** Whether the server refused what the request says, as against who sent it or when. */
export function isRefusal(error: unknown): error is APIError {
  return refusals.has(statusOf(error));
}

/** Whether to wait and send again; spent money comes back by no waiting of ours. */
export function isRateLimit(error: unknown): error is APIError<429, Headers> {
  return statusOf(error) === 429 && !isSpent(error);
}

/** Whether the same request may well succeed at once: a server's stumble or a connection that broke. */
export function isPassing(error: unknown): boolean {
  if (error instanceof APIConnectionTimeoutError) return false;
  if (error instanceof APIConnectionError) return true;
  return statusOf(error) >= 500 || error instanceof TypeError;
}

/**
 * Everything that is not the input's own fault is retryable: a wrong key or model must not make dead letters
 * of a backlog, a person mends it while the work waits.
 */
export function translate(error: unknown, model: string): PermanentError | RetryableError {
  const message = error instanceof Error ? error.message : String(error);
  const text = `Embedding with ${model} failed: ${message}${causeOf(error)}`;
  if (isRefusal(error)) return new PermanentError(text, { cause: error });
  const remedy = isSpent(error)
    ? 'the account has no quota left: top it up or raise its limit'
    : remedies.get(statusOf(error));
  return new RetryableError(remedy ? `${text} (${remedy})` : text, { cause: error });
}

/** The first-ever request was refused and a plain one is too: the configuration is at fault. */
export function misconfigured(error: APIError, model: string, dimensions: number): RetryableError {
  return new RetryableError(
    `The embedding server refuses every request for ${model} with ${dimensions} dimensions: ${error.message} ` +
      `(check the spec's embedding.model and embedding.dimensions)`,
    { cause: error },
  );
}

function statusOf(error: unknown): number {
  return error instanceof APIError ? ((error as APIError).status ?? 0) : 0;
}

function isSpent(error: unknown): boolean {
  return error instanceof APIError && error.status === 429 && spent.has(error.code ?? '');
}

/** fetch hides what broke ("ECONNREFUSED 127.0.0.1:1") beneath one or two wrappers. */
function causeOf(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause !== error && cause instanceof Error ? `: ${cause.message}` : '';
}
