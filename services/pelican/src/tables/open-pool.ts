import { createPool, type Pool, type PoolOptions } from '@aviary/postgres';

/**
 * Pelican finds rows by key and walks along indexes, and never wants to read a table as a whole. A plan prepared
 * while the table was empty did so for each key after 50,000 rows had come: 4 s for 500 rows instead of 3 ms.
 */
const byIndex = { enable_seqscan: 'off' };

/** A row that row security hides would count as deleted: let the query fail instead. */
const allRows = { row_security: 'off' };

/** No transaction of pelican waits for anything but Postgres: a frozen one must not keep others from a table. */
const idleInTransactionTimeoutMs = 3_000;

/** @throws PermanentError when the file of authorities cannot be read. */
export function openPool(
  options: Pick<PoolOptions, 'connectionString' | 'caFile' | 'iamRegion' | 'max'>,
): Pool {
  return createPool({
    ...options,
    applicationName: 'aviary-pelican',
    settings: { ...byIndex, ...allRows },
    idleInTransactionTimeoutMs,
  });
}
