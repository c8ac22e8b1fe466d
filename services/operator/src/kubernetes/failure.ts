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
