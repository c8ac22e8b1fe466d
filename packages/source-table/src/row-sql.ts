import { encodeKey, keyOfRecordId } from '@aviary/change-job';
import { quoteIdentifier } from '@aviary/postgres';
import { PermanentError } from '@aviary/runtime';
import { namedColumns, type Column, type SourceTable } from './source-table.ts';

/**
 * SQL expressions over a row of a source table: what of it goes to the index, as all who read the table have it.
 */

/** A key column's value as text that does not depend on the session's settings, and is equal where the values are. */
export function keyPart(value: string, { type }: Pick<Column, 'type'>): string {
  switch (type) {
    case 'numeric':
      return `pg_catalog.trim_scale(${value})::text`;
    case 'date':
      return timeText(value, 'YYYY-MM-DD');
    case 'timestamp without time zone':
      return timeText(value, 'YYYY-MM-DD"T"HH24:MI:SS.US');
    case 'timestamp with time zone':
      return timeText(`(${value} at time zone 'UTC')`, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    default:
      return `${value}::text`;
  }
}

/** `to_char` gives null for infinity, and the year 44 for 44 BC. */
function timeText(value: string, format: string): string {
  const era = `case when ${value} < '0001-01-01' then ' BC' else '' end`;
  return `coalesce(pg_catalog.to_char(${value}, '${format}') || ${era}, ${value}::text)`;
}

/** Longest column text read, in characters; 8,192 tokens of prose are about 40,000. */
export const longestText = 65_536;

/** A column as the template's text, cut so that a batch of huge rows fits in memory. */
export function textValue(row: string, column: Column): string {
  return `left(${row}.${quoteIdentifier(column.name)}::text, ${longestText + 1})`;
}

/** Longer metadata than Pinecone takes is refused anyway; this much shows that it is. */
const longestMetadata = 41_000;

/**
 * A column as a Pinecone metadata value: numbers as numbers, points in time as seconds since the epoch (only
 * numbers can be filtered by range), lists of text as lists, all else as text.
 */
export function metadataValue(row: string, column: Column): string {
  const value = `${row}.${quoteIdentifier(column.name)}`;
  switch (column.type) {
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'real':
    case 'double precision':
      return `${value}::float8`;
    case 'numeric':
      // Beyond float8's range the cast would fail, and the whole claim with it: too large is for a dead letter,
      // too small is zero.
      return `case when ${value} = 'NaN' then 'NaN'::float8 when abs(${value}) > 1.79e308 then 'infinity'
        when abs(${value}) < 1e-307 then 0 else ${value}::float8 end`;
    case 'boolean':
      return value;
    case 'date':
    case 'timestamp without time zone':
    case 'timestamp with time zone':
      return `extract(epoch from ${value})::float8`;
    case 'text[]':
    case 'character varying[]':
      // Too long, it is refused anyway, and one element shows that it is: as JSON it is longer than joined.
      return `case when ${value} is null then null
        when length(array_to_string(${value}, ',')) > ${longestMetadata}
          then array[left(array_to_string(${value}, ','), ${longestMetadata})]
        else array(select element::text from unnest(${value}) element where element is not null) end`;
    default:
      return `left(${value}::text, ${longestMetadata})`;
  }
}

/**
 * Joins keys given as one text array a key column (`$1`, `$2`, …) to the table's rows, by its unique index. A
 * row answers to its own key text alone: not to "007" for 7, nor to "A" for "a" where a collation holds them equal.
 * The limit keeps the planner from joining the other way round, each row to all keys.
 */
export function keysJoinedToRows(table: SourceTable): string {
  const parameters = table.key.map((_, position) => `$${position + 1}::text[]`);
  const names = table.key.map((_, position) => `k${position}`);
  // No other ones: the user may have no right to read them.
  const columns = namedColumns(table).map((name) => `t.${quoteIdentifier(name)}`);
  const conditions = table.key.map(
    (column, position) =>
      `t.${quoteIdentifier(column.name)} = ${keyValue(`k.k${position}`, column)}
       and ${keyPart(`t.${quoteIdentifier(column.name)}`, column)} collate "C" = k.k${position}`,
  );
  return `unnest(${parameters.join(', ')}) with ordinality as k(${[...names, 'position'].join(', ')})
    cross join lateral (
      select ${columns.join(', ')} from ${table.relation} t where ${conditions.join(' and ')} limit 1
    ) t`;
}

/** A key part's text as the column's own type; null, which no row has, when it is no such value. */
export function keyValue(text: string, column: Column): string {
  switch (column.type) {
    case 'text':
    case 'character varying':
      return text;
    case 'character':
      // As a type in a cast, `character` has length 1.
      return `${text}::bpchar`;
    default:
      return `case when pg_input_is_valid(${text}, '${column.type}') then ${text}::${column.type} end`;
  }
}

/** The key of a row by its record's id; undefined when Aviary makes this id of no key of this table. */
export function keyOf(
  id: string,
  { key: columns }: Pick<SourceTable, 'key'>,
): string[] | undefined {
  try {
    const key = keyOfRecordId(id);
    return key.length === columns.length && encodeKey(key) === id ? key : undefined;
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}
