import type { Pool } from '@aviary/postgres';
import { RetryableError } from '@aviary/runtime';
import type { CapturedTable } from './capture/capture.ts';
import type { ClaimedChange } from './claim.ts';
import type { ClaimedRow } from './claimed-row.ts';
import { coalesce, type KeyChange } from './coalesce.ts';
import { readRowsByKey } from './tables/read-rows.ts';
import { splitKey } from './tables/row-sql.ts';

/**
 * Reads the claimed rows as they are now, each once. Reading after claiming is what makes it right: a change
 * that is not read yet has an outbox row that is not claimed yet. Each table is read by a statement of its own,
 * outside of any transaction: an open one would keep its owner from altering or truncating it.
 *
 * @param publishBy until when they may be published, in milliseconds since the epoch
 * @throws SourceFault when a table cannot be read
 */
export async function readClaimed(
  pool: Pool,
  tables: ReadonlyMap<number, CapturedTable>,
  changes: readonly ClaimedChange[],
  publishBy: number,
): Promise<ClaimedRow[]> {
  const rows: ClaimedRow[] = [];
  for (const [sourceId, ofSource] of Map.groupBy(changes, (change) => change.source_id)) {
    const table = tables.get(sourceId);
    if (table === undefined) continue;
    const rowsNow = await readRows(pool, table, coalesce(ofSource), publishBy).catch(
      (error: unknown) => {
        throw error instanceof RetryableError || !(error instanceof Error)
          ? error
          : new SourceFault(table, error);
      },
    );
    rows.push(...rowsNow);
  }
  return rows;
}

/** The table's rows can't be read, though Postgres is well: it was altered or dropped. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
  readonly table: CapturedTable;

  constructor(table: CapturedTable, cause: Error) {
    super(
      `SemanticIndex "${table.index.name}": reading ${table.relation} failed: ${cause.message}; mend the table or the spec and restart pelican. Its changes are kept.`,
      { cause },
    );
    this.table = table;
  }
}

async function readRows(
  pool: Pool,
  table: CapturedTable,
  changes: Map<string, KeyChange>,
  publishBy: number,
): Promise<ClaimedRow[]> {
  const keys: string[][] = [];
  const ofKeys: KeyChange[] = [];
  for (const [text, change] of changes) {
    const key = splitKey(text, table.key.length);
    if (key === undefined) continue;
    keys.push(key);
    ofKeys.push(change);
  }
  const values = await readRowsByKey(pool, table, keys);
  return ofKeys.map(({ version, changedAt, textIsNew }, position) => ({
    table,
    key: keys[position] ?? [],
    version,
    changedAt,
    publishBy,
    textIsNew: textIsNew === true,
    values: values[position],
  }));
}
