import { PermanentError, RetryableError } from '@aviary/runtime';
import { Errors } from '@pinecone-database/pinecone';

/** An answer other than 2xx, as the transport hands it through the SDK. */
export class ErrorResponse extends Error {
  override readonly name = 'ErrorResponse';
  /** Not `status`: what has one from 500 up, the SDK replaces by an error of its own that hides it. */
  readonly statusCode: number;
  readonly retryAfterMs: number | undefined;

  constructor(statusCode: number, retryAfter: string | undefined, body: string) {
    super(wordsOf(body));
    this.statusCode = statusCode;
    this.retryAfterMs = parseRetryAfter(retryAfter);
  }
}

/**
 * A call that ended without a word from the service itself: the connection broke, no answer came in time, or a proxy
 * gave up on it. What it asked for may have been done, or may yet be, at any later time.
 */
export class UnansweredError extends RetryableError {}

/**
 * 500, 502 and 504 say only that somebody on the way lost hold of the request. 503 and 429 are the service's own
 * refusals, and so is every other status.
 */
const UNANSWERED = new Set([500, 502, 504]);

/** The request never left: there was nobody to send it to. */
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** What the request itself is to blame for. */
const AT_FAULT = new Set([400, 413, 414, 422, 431]);

const REMEDIES: Record<number, string> = {
  401: ' Set the API key of the project that holds the index.',
  403: ' Give the API key the right to do so, or raise the limit of the plan.',
  404: ' Check the name of the index and the controller host.',
};

/**
 * The failure of a call. PermanentError, for which a record is given up, only where the request is known to
 * be at fault: refused by the service or, before it was sent, by the SDK. All else may pass once something is
 * mended, a rejected key, a missing index or an answer that nobody understands.
 */
export function toFailure(error: unknown, doing: string): RetryableError | PermanentError {
  if (error instanceof PermanentError || error instanceof RetryableError) return error;
  const response = errorResponse(error);
  if (response) {
    const { statusCode, retryAfterMs, message } = response;
    const said = `${doing}: Pinecone answered ${statusCode}: ${message}${REMEDIES[statusCode] ?? ''}`;
    if (AT_FAULT.has(statusCode)) return new PermanentError(said, { cause: error });
    const Failure = UNANSWERED.has(statusCode) ? UnansweredError : RetryableError;
    return new Failure(said, { cause: error, retryAfterMs });
  }
  if (error instanceof Errors.PineconeArgumentError) {
    return new PermanentError(`${doing}: ${reasonOf(error)}`, { cause: error });
  }
  const Failure = wasSent(error) ? UnansweredError : RetryableError;
  if (error instanceof Errors.PineconeConnectionError) {
    return new Failure(`${doing}: Pinecone could not be reached: ${reasonOf(error.cause)}`, {
      cause: error,
    });
  }
  return new Failure(`${doing}: ${reasonOf(error)}`, { cause: error });
}

/** For what no record has a part in: a plain RetryableError, whoever was to blame. */
export function toRetryable(error: unknown, doing: string): RetryableError {
  const failure = toFailure(error, doing);
  const { retryAfterMs } = failure instanceof RetryableError ? failure : {};
  return new RetryableError(failure.message, { cause: error, retryAfterMs });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function hasStatus(error: unknown, statusCode: number): boolean {
  return errorResponse(error)?.statusCode === statusCode;
}

function wasSent(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (UNSENT.has((at as NodeJS.ErrnoException).code ?? '')) return false;
  }
  return true;
}

/** The SDK takes whatever its transport throws for a failed connection, and keeps it as the cause. */
function errorResponse(error: unknown): ErrorResponse | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ErrorResponse) return at;
  }
  return undefined;
}

/** The message of a JSON error of either plane, or the text itself. */
function wordsOf(body: string): string {
  try {
    const json = JSON.parse(body) as { message?: string; error?: { message?: string } };
    return json.error?.message ?? json.message ?? body;
  } catch {
    return body;
  }
}

/** Seconds or a date. */
function parseRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
