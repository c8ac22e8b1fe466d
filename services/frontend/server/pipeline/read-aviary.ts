import { query, type Pool } from '@aviary/postgres';
import { RetryableError } from '@aviary/runtime';

/** Codes of Postgres: no such table, no such schema. */
const absent = new Set(['42P01', '3F000']);

/**
 * Reads from schema aviary.
 *
 * @param what for the error, as "reading the outbox"
 * @throws RetryableError while Postgres is away or no pelican has prepared the database.
 */
export async function readAviary<R extends object>(
  pool: Pool,
  what: string,
  text: string,
): Promise<R[]> {
  try {
    return await query<R>(pool, what, text);
  } catch (error) {
    if (!absent.has(String((error as { code?: unknown }).code))) throw error;
    throw new RetryableError(
      `For ${what} there is nothing yet: no pelican of this version has run on this database.`,
      { cause: error },
    );
  }
}
