import { query, type Pool } from '@aviary/postgres';
import { keyOf, keysJoinedToRows } from '@aviary/source-table';
import type { CapturedTable } from '../capture/capture.ts';

/** Records that stand for no row. */
export interface Rowless {
  /** Keys whose rows are gone. */
  gone: string[][];
  /** Ids that Aviary makes of no key of this table. */
  foreign: string[];
}

/** Looks for the rows that records stand for, and names those that have none. */
export async function rowless(
  pool: Pool,
  table: CapturedTable,
  ids: readonly string[],
): Promise<Rowless> {
  const foreign: string[] = [];
  const keys = ids.flatMap((id) => {
    const key = keyOf(id, table);
    if (key === undefined) foreign.push(id);
    return key === undefined ? [] : [key];
  });
  const rows = await query<{ position: number }>(
    pool,
    'looking for rows of records',
    `select k.position::integer as position from ${keysJoinedToRows(table)}`,
    table.key.map((_, column) => keys.map((key) => key[column])),
  );
  const present = new Set(rows.map(({ position }) => position - 1));
  return { gone: keys.filter((_, position) => !present.has(position)), foreign };
}
