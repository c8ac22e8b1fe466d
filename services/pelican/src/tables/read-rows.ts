import { hash } from 'node:crypto';
import type { MetadataValue } from '@aviary/change-job';
import { quoteIdentifier, translate, type Pool, type PoolClient } from '@aviary/postgres';
import { keysJoinedToRows, keyValue, metadataValue, textValue } from '@aviary/source-table';
import type { CapturedTable } from '../capture/capture.ts';
import type { RowValues } from '../claimed-row.ts';
import { keyText, splitKey } from './row-sql.ts';

/** A row as it was read. */
export interface TableRow {
  /** Key columns as text. */
  key: string[];
  values: RowValues;
}

/** Some rows in the order of the table's unique index. */
export interface RowStep {
  rows: TableRow[];
  /** Where the next step goes on; undefined behind the last row. */
  last: string[] | undefined;
}

/** Reads up to `limit` rows that follow `after` in the order of the table's unique index. */
export async function readStep(
  pool: Pool,
  table: CapturedTable,
  after: readonly string[] | undefined,
  limit: number,
): Promise<RowStep> {
  const names = table.walk.map(({ name }) => `t.${quoteIdentifier(name)}`);
  const start = table.walk.map((column, position) => keyValue(`$${position + 2}::text`, column));
  const walked = table.walk.map((column) => keyText('t', [column]));
  const rows = await select(
    pool,
    `select ${keyText('t', table.key)}, array[${walked.join(', ')}], ${valueColumns(table)}
     from ${table.relation} t
     ${after === undefined ? '' : `where (${names.join(', ')}) > (${start.join(', ')})`}
     order by ${names.join(', ')} limit $1`,
    [limit, ...(after ?? [])],
  );
  return {
    rows: rows.map(([key, , ...values]) => ({
      key: splitKey(key as string, table.key.length) ?? [],
      values: rowValues(table, values),
    })),
    last: rows.length < limit ? undefined : (rows.at(-1)?.[1] as string[]),
  };
}

/** Reads rows by key. @returns the values of each key in its place, undefined where there is no row. */
export async function readRowsByKey(
  pool: Pick<PoolClient, 'query'>,
  table: CapturedTable,
  keys: readonly (readonly string[])[],
): Promise<(RowValues | undefined)[]> {
  const found = keys.map((): RowValues | undefined => undefined);
  const rows = await select(
    pool,
    `select k.position::integer, ${valueColumns(table)} from ${keysJoinedToRows(table)}`,
    table.key.map((_, column) => keys.map((key) => key[column])),
  );
  for (const [position, ...values] of rows) {
    found[(position as number) - 1] = rowValues(table, values);
  }
  return found;
}

async function select(
  client: Pick<PoolClient, 'query'>,
  text: string,
  values: unknown[],
): Promise<unknown[][]> {
  try {
    // Of one table and shape the text is one: worth a plan of its own.
    const name = hash('sha256', text, 'base64url');
    return (await client.query<unknown[]>({ name, text, values, rowMode: 'array' })).rows;
  } catch (error) {
    throw translate('reading rows', error);
  }
}

function valueColumns(table: CapturedTable): string {
  return [
    ...table.text.map((column) => textValue('t', column)),
    ...table.metadata.map((column) => metadataValue('t', column)),
  ].join(', ');
}

function rowValues(table: CapturedTable, values: unknown[]): RowValues {
  return {
    text: values.slice(0, table.text.length) as (string | null)[],
    metadata: values.slice(table.text.length) as (MetadataValue | null)[],
  };
}
