import type { ReadPool } from '@aviary/postgres';
import type { SourceTable } from '@aviary/source-table';
import { kindOf } from './column-kind.ts';

/** More values are no choice for a person. */
const mostChoices = 60;
const longestChoice = 60;

/**
 * The values of columns that have few, from the planner's statistics: no row is read. A table that was never analysed
 * has none, and a rare value may be missing.
 */
export async function readFilterChoices(
  reads: Pick<ReadPool, 'query'>,
  { index: { source }, metadata }: SourceTable,
): Promise<Map<string, string[]>> {
  const names = metadata
    .filter((column) => ['text', 'list'].includes(kindOf(column)))
    .map(({ name }) => name);
  if (names.length === 0) return new Map();
  const found = await reads.query<{ name: string; values: string[] | null }>(
    'reading the statistics of a table',
    `select s.attname::text as name,
       coalesce(s.most_common_elems::text::text[], s.most_common_vals::text::text[]) as values
     from pg_stats s
     where s.schemaname = $1::text and s.tablename = $2::text and s.attname = any ($3::text[]) and not s.inherited
       and coalesce(cardinality(s.most_common_elems::text::text[]),
         case when s.n_distinct > 0 then s.n_distinct
           else -s.n_distinct * (select c.reltuples from pg_class c join pg_namespace n on n.oid = c.relnamespace
                                 where n.nspname = $1::text and c.relname = $2::text) end) <= ${mostChoices}`,
    [source.schema, source.table, names],
  );
  const inOrder = new Intl.Collator('en', { numeric: true }).compare;
  return new Map(
    found.flatMap(({ name, values }) => {
      const isShort = values?.every((value) => value.length <= longestChoice) === true;
      return isShort ? [[name, values.toSorted(inOrder)] as const] : [];
    }),
  );
}
