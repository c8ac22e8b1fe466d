import { query, type Pool } from '@aviary/postgres';
import { PermanentError } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import { inspectSource as inspect, type FoundTable, type SourceTable } from '@aviary/source-table';

/**
 * Looks the tables of all specs up.
 *
 * @throws PermanentError that lists every spec that does not fit its table.
 * @throws RetryableError when Postgres is away.
 */
export async function inspectSources(
  pool: Pool,
  indexes: readonly SemanticIndex[],
): Promise<SourceTable[]> {
  const tables: SourceTable[] = [];
  const faults: string[] = [];
  for (const index of indexes) {
    try {
      tables.push(await inspectSource(pool, index));
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length > 0) throw new PermanentError(faults.join('\n'));
  return tables;
}

/**
 * Looks the spec's table up, all of whose rows have to be seen.
 *
 * @throws PermanentError that lists all that is wrong between spec and table, and what to do.
 * @throws RetryableError when Postgres is away.
 */
export function inspectSource(pool: Pool, index: SemanticIndex): Promise<SourceTable> {
  const { schema, table } = index.source;
  const hidden = ({ hiddenFrom }: FoundTable) =>
    hiddenFrom === null
      ? []
      : [
          `row security hides rows of ${schema}.${table} from user ${hiddenFrom}, and a row that is not seen counts as deleted: alter that user to have bypassrls, or connect as the table's owner`,
        ];
  return inspect((...asked) => query(pool, ...asked), index, hidden);
}
