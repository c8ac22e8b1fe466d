import type { Pool, PoolClient } from 'pg';
import { translate } from './failure.ts';
import { noteCommit } from './read-pool/read-session.ts';

/**
 * Runs `work` in one READ COMMITTED transaction on a connection of its own. A connection whose transaction
 * failed is closed rather than reused.
 *
 * @throws RetryableError where trying again may help; else what `work` threw.
 */
export async function transaction<T>(
  pool: Pool,
  action: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw translate(action, error);
  }
  // A connection lost while it is idle inside the transaction shows at the next statement.
  const ignore = () => undefined;
  client.on('error', ignore);
  let failure: unknown;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    // It has committed, whatever becomes of the connection now.
    await noteCommit(client).catch((error: unknown) => (failure = error));
    return result;
  } catch (error) {
    failure = error;
    throw translate(action, error);
  } finally {
    client.off('error', ignore);
    if (failure !== undefined) client.on('error', ignore);
    client.release(failure !== undefined);
  }
}

/** Runs one statement on its own. @throws RetryableError where trying again may help. */
export async function query<R extends object>(
  pool: Pool,
  action: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  try {
    return (await pool.query<R>(text, [...values])).rows;
  } catch (error) {
    throw translate(action, error);
  }
}
