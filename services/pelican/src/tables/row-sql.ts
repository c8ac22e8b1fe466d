import { quoteIdentifier } from '@aviary/postgres';
import { keyPart, type Column } from '@aviary/source-table';

/**
 * SQL expressions over a row of a captured table. They are the same in the triggers and in pelican's own
 * queries, so that one row has one key text whoever writes it.
 */

/** The row's key as the outbox holds it: the text of one column, or a JSON array of texts. */
export function keyText(row: string, key: readonly Column[]): string {
  const parts = key.map((column) => keyPart(`${row}.${quoteIdentifier(column.name)}`, column));
  if (parts.length === 1) return parts.join('');
  return `pg_catalog.json_build_array(${parts.join(', ')})::text`;
}

/** The parts of a key text, or undefined when it is of another key than one of so many columns, such as a former one. */
export function splitKey(text: string, columns: number): string[] | undefined {
  if (columns === 1) return [text];
  try {
    const parts: unknown = JSON.parse(text);
    const fits = Array.isArray(parts) && parts.length === columns;
    return fits && parts.every((part) => typeof part === 'string') ? parts : undefined;
  } catch {
    return undefined;
  }
}

/** The inverse of {@link splitKey}, as `json_build_array` prints it. */
export function joinKey(parts: readonly string[]): string {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  return `[${parts.map((part) => JSON.stringify(part)).join(', ')}]`;
}

/** Types whose equality is identity of their text: cheap to compare as they are. */
const exact = new Set([
  'smallint',
  'integer',
  'bigint',
  'boolean',
  'uuid',
  'date',
  'timestamp without time zone',
  'timestamp with time zone',
]);

/** True when two states of a row differ in what a column adds to its text. Null is a value. */
export function textDiffers(column: Column): string {
  return differs(column, (value) => `${value}::text collate "C"`);
}

/** True when two states of a row differ in what a column adds to its metadata. 1.0 and 1.00 are one number. */
export function metadataDiffers(column: Column): string {
  const isNumber = ['numeric', 'real', 'double precision'].includes(column.type);
  return differs(column, (value) => (isNumber ? value : `${value}::text collate "C"`));
}

function differs(column: Column, comparable: (value: string) => string): string {
  const name = quoteIdentifier(column.name);
  const print = exact.has(column.type) ? (value: string) => value : comparable;
  return `${print(`(old).${name}`)} is distinct from ${print(`(new).${name}`)}`;
}
