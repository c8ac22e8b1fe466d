import type { PoolClient } from '@aviary/postgres';

/** Any constant of its own. */
const lockClass = 7_161_002;

/**
 * Until the transaction ends, no other import or restore looks for SKUs of this table: where it has no unique
 * constraint, two at once would both find none and add it twice. Whoever writes otherwise waits for nothing, and only
 * a constraint can keep them from it.
 */
export async function lockSkus(client: PoolClient, relation: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock($1, hashtext($2))', [lockClass, relation]);
}
