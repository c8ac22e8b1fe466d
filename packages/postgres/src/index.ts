import pg from 'pg';

export { isRetryable, translate } from './failure.ts';
export { keywordIndex, type KeywordIndex } from './keyword-index.ts';
export { migrate, unapplied } from './migrate.ts';
export {
  createPool,
  cutConnections,
  type Pool,
  type PoolClient,
  type PoolOptions,
} from './pool.ts';
export { ReadPool, longestLagSeconds, type ReadTarget } from './read-pool/read-pool.ts';
export { inReadSession, readSession, type ReadSession } from './read-pool/read-session.ts';
export { query, transaction } from './transaction.ts';
export { formatWalPosition, parseWalPosition, type WalPosition } from './read-pool/wal-position.ts';

/** Quotes a name for use in SQL: `my "table"` becomes `"my ""table"""`. */
export const quoteIdentifier = (name: string): string => pg.escapeIdentifier(name);
