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
export { query, transaction } from './transaction.ts';

/** Quotes a name for use in SQL: `my "table"` becomes `"my ""table"""`. */
export const quoteIdentifier = (name: string): string => pg.escapeIdentifier(name);
