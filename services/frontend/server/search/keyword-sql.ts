import { quoteIdentifier, type KeywordIndex } from '@aviary/postgres';
import { keyPart, metadataValue, type Column, type SourceTable } from '@aviary/source-table';
import { deepestResult } from '../../shared/search.ts';
import { kindOf } from './column-kind.ts';
import type { Filter } from './search-filters.ts';

/*
 * The statements of keyword search. Of an index and a table there are two, whatever is asked for: the query is $1, the
 * page's size $2 and beginning $3, the filters of all metadata columns follow, null where there is none.
 */

/** Words of a query that are looked for apart. */
export const mostWords = 12;

/** Rows looked at for each of those words: of a frequent word some, of a rare one all. */
const mostRowsOfWord = 5_000;

/**
 * Rows that are ranked. It takes 0.1 ms for each, since the words of a row are taken apart anew; the others follow.
 */
const mostRanked = 1_000;

/** A word as the index holds it, as a query for it. */
export const toTsquery = (word: string) =>
  `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** Parameters in front of those of the filters. */
const firstFilter = 4;

type Table = Pick<SourceTable, 'key' | 'metadata'>;

/** The filters as parameters: two of a column with bounds, one of another. */
export function filterValues({ metadata }: Table, filters: readonly Filter[]): unknown[] {
  return metadata.flatMap((column): unknown[] => {
    const filter = filters.find((one) => one.column === column.name);
    if (!isRange(column)) return [filter && 'oneOf' in filter ? filter.oneOf : undefined];
    return filter && 'min' in filter ? [filter.min, filter.max] : [undefined, undefined];
  });
}

/** Rows that have all words. */
export function allWordsSql(keywords: KeywordIndex, table: Table): string {
  const { language } = keywords;
  const query = `websearch_to_tsquery(${language}, $1)`;
  return searchSql(keywords, table, {
    hit: `select ${names(table)}, cardinality(words) as matched
          from ${rowsWith(keywords, table, query)}, asked limit ${deepestResult}`,
    query,
    words: `case when position(' & ' in ${query}::text) > 0 and position('!' in ${query}::text) = 0
              then words end`,
  });
}

/** Rows that have any word, those with most of them first. */
export function anyWordSql(keywords: KeywordIndex, table: Table): string {
  const words = `$${firstFilter + filterValues(table, []).length}::text[]`;
  const matching = rowsWith(keywords, table, 'asked_word.word::tsquery');
  return searchSql(keywords, table, {
    hit: `select ${names(table)}, count(*)::integer as matched
          from unnest(${words}) as asked_word(word) cross join lateral (
            select ${names(table)} from ${matching} limit ${mostRowsOfWord}
          ) one
          group by ${names(table)} order by matched desc, ${names(table)} limit ${deepestResult}`,
    query: `array_to_string(${words}, ' | ')::tsquery`,
    words: 'null::text[]',
  });
}

/** The key's columns under names of our own, which no column of the table can be taken for. */
const names = ({ key }: Table, of?: string) =>
  key.map((_, place) => `${of === undefined ? '' : `${of}.`}k${place}`).join(', ');

/** The table's rows that match and pass the filters. Reads the index, and takes no row's words apart. */
function rowsWith({ relation, document }: KeywordIndex, table: Table, query: string): string {
  const keys = table.key.map(({ name }, place) => `t.${quoteIdentifier(name)} as k${place}`);
  return `(
    select ${keys.join(', ')} from ${relation} t
    where ${[`${document} @@ ${query}`, ...conditions(table)].join('\n      and ')}
  ) matching`;
}

const isRange = (column: Column) => ['number', 'time', 'date'].includes(kindOf(column));

/** On the values that the index has, so that both hold a filter against a row alike. */
function conditions({ metadata }: Table): string[] {
  let given = firstFilter;
  const next = () => `$${given++}`;
  return metadata.flatMap((column) => {
    const value = metadataValue('t', column);
    if (isRange(column)) {
      const [min, max] = [`${next()}::float8`, `${next()}::float8`];
      return [`(${min} is null or ${value} >= ${min})`, `(${max} is null or ${value} <= ${max})`];
    }
    const kind = kindOf(column);
    const list = `${next()}::${kind === 'boolean' ? 'boolean' : 'text'}[]`;
    if (kind === 'list') return [`(${list} is null or ${value} && ${list})`];
    const comparable = kind === 'boolean' ? value : `${value} collate "C"`;
    return [`(${list} is null or ${comparable} = any (${list}))`];
  });
}

/**
 * One row at least, for the total. The score is the share of the query's words that a row has, its last part how often
 * and how close together they stand.
 */
function searchSql(
  { relation, language, document }: KeywordIndex,
  table: Table,
  { hit, query, words }: { hit: string; query: string; words: string },
): string {
  const keys = names(table);
  const isFirst = table.key.map(
    ({ name }, place) => `t.${quoteIdentifier(name)} = first.k${place}`,
  );
  const keyTexts = table.key.map((column, place) => keyPart(`found.k${place}`, column));
  return `
    with asked as materialized (
      select tsvector_to_array(to_tsvector(${language}, $1)) as words
    ), hit as materialized (${hit}),
    first as (select ${keys}, matched from hit order by matched desc, ${keys} limit ${mostRanked}),
    ranked as materialized (
      select ${names(table, 'first')}, greatest(matched, cardinality(array(
               select unnest(words) intersect select unnest(tsvector_to_array(this.document)))))
               as matched,
             ts_rank_cd(this.document, ${query}, 32) as rank
      from asked, first cross join lateral (
        select ${document} as document from ${relation} t where ${isFirst.join(' and ')}
      ) this
    ), scored as (
      select ${keys}, (matched - 1 + rank) / greatest(cardinality(words), 1) as score
      from asked, (
        select ${keys}, matched, rank from ranked
        union all
        select ${keys}, matched, 0 from hit where (${keys}) not in (select ${keys} from ranked)
      ) each
    )
    select array[${keyTexts.join(', ')}] as key, found.score, counted.total, ${words} as words
    from asked, (select count(*)::integer as total from hit) counted
    left join (
      select ${keys}, score from scored order by score desc, ${keys} limit $2 offset $3
    ) found on true
    order by found.score desc, ${names(table, 'found')}`;
}
