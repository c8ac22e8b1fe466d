import { PermanentError, RetryableError } from '@aviary/runtime';

/**
 * SQLSTATE classes and codes after which the same transaction may succeed: connection trouble, resources,
 * shutdown and restart, serialisation, deadlock, locks and time-outs. Read-only: a fail-over is under way.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const retryableClasses = ['08', '53', '57', '58'];
const retryableCodes = new Set([
  '40001',
  '40P01',
  '55P03',
  '25006',
  '25P03',
  '28P01',
  '28000',
  '3D000',
]);

/** Says whether Postgres, or the way to it, may be well later. Errors without an SQLSTATE are the way. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code: unknown = (error as { code?: unknown }).code;
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error) {
    return retryableCodes.has(code) || retryableClasses.includes(code.slice(0, 2));
  }
  const syscall = (error as { syscall?: unknown }).syscall;
  return (
    typeof syscall === 'string' ||
    // The pg driver's own connection errors carry no code.
    /connection|timeout|not queryable/i.test(error.message)
  );
}

/**
 * A RetryableError where trying again may help, a PermanentError where a right is missing; any other error
 * unchanged.
 */
export function translate(action: string, error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof Error && code === '42501') {
    return new PermanentError(
      `Postgres: ${action} failed: ${error.message}: grant this user the right, or connect as one that has it.`,
      { cause: error },
    );
  }
  if (!isRetryable(error)) return error;
  const reason = error instanceof Error ? error.message || String(code) : '';
  return new RetryableError(`Postgres: ${action} failed: ${reason}`, { cause: error });
}
