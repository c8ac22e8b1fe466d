import { ApiException } from '@kubernetes/client-node';
import { RetryableError } from '@aviary/runtime';

/**
 * A request to the API server that failed. All may succeed later: a conflict after another look, a right once somebody
 * gives it, an object that is refused once its SemanticIndex is edited. So nothing is given up; it waits longer each time.
 */
export class ApiFailure extends RetryableError {
  /** HTTP's status; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(
    message: string,
    options: ErrorOptions & { status?: number; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.status = options.status;
  }

  /** What it is counted as. */
  get reason(): string {
    switch (this.status) {
      case undefined:
        return 'unreachable';
      case 403:
        return 'forbidden';
      case 404:
        return 'not_found';
      case 409:
        return 'conflict';
      case 410:
        return 'gone';
      case 422:
        return 'invalid';
      case 429:
        return 'throttled';
      default:
        return this.status >= 500 ? 'server' : 'refused';
    }
  }
}

export const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof ApiFailure && error.status === status;

const remedies: Record<number, string> = {
  401: ' Its service account must be known to the cluster.',
  403: ' Give its Role this right.',
};

/** What the library threw: a refusal, or whatever befell a connection. */
export function toFailure(doing: string, error: unknown): ApiFailure {
  if (!(error instanceof ApiException)) {
    return new ApiFailure(`${doing}: ${complaintOf(error)}`, { cause: error });
  }
  const { code: status, body, headers } = error as ApiException<unknown>;
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return new ApiFailure(`${doing}: ${wordsOf(body)} (${status}).${remedies[status] ?? ''}`, {
    status,
    retryAfterMs: Number.isNaN(seconds) ? undefined : seconds * 1_000,
  });
}

/** Of a failed fetch the cause tells why. */
function complaintOf(error: unknown): string {
  const { cause = error } = error as Error;
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}

/** The message of a Status object, or the text itself. */
function wordsOf(body: unknown): string {
  if (typeof body !== 'string') return 'refused';
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body.trim();
  }
}
