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

/** What the request itself is to blame for; all else may pass once the service or its set-up is mended. */
const AT_FAULT = new Set([400, 413, 414, 422, 431]);

const REMEDIES: Record<number, string> = {
  401: ' Set the API key of the project that holds the index.',
  403: ' Give the API key the right to do so, or raise the limit of the plan.',
  404: ' Check the name of the index and the controller host.',
};

/**
 * The failure of a call: PermanentError when the request is at fault, RetryableError for everything that is
 * not, including a rejected key or a missing index, for which no record may be given up.
 */
export function toFailure(error: unknown, doing: string): RetryableError | PermanentError {
  if (error instanceof PermanentError || error instanceof RetryableError) return error;
  const response = errorResponse(error);
  if (response) {
    const { statusCode, retryAfterMs, message } = response;
    const said = `${doing}: Pinecone answered ${statusCode}: ${message}${REMEDIES[statusCode] ?? ''}`;
    return AT_FAULT.has(statusCode)
      ? new PermanentError(said, { cause: error })
      : new RetryableError(said, { cause: error, retryAfterMs });
  }
  if (error instanceof Errors.PineconeConnectionError) {
    const reason = error.cause instanceof Error ? error.cause.message : String(error.cause);
    return new RetryableError(`${doing}: Pinecone could not be reached: ${reason}`, {
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new PermanentError(`${doing}: ${reason}`, { cause: error });
}

export function hasStatus(error: unknown, statusCode: number): boolean {
  return errorResponse(error)?.statusCode === statusCode;
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
