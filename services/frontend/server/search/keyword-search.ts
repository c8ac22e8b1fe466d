import { keywordIndex, type KeywordIndex, type ReadPool } from '@aviary/postgres';
import { RetryableError } from '@aviary/runtime';
import { parseTemplate, type SemanticIndex } from '@aviary/semantic-index';
import { deepestResult } from '../../shared/search.ts';
import type { Bounds } from './search-filters.ts';

/**
 * How the sessions of keyword search are set. A statement that takes longer than this many milliseconds is of no use
 * to a search, and a table is never read as a whole.
 */
export const keywordSessions = {
  statementTimeoutMs: 1_500,
  settings: { enable_seqscan: 'off', jit: 'off' },
};

/** How long an index that is there is taken to stay, in milliseconds. */
const lookAgainMs = 60_000;

export interface KeywordMatches {
  /** Best first. */
  matches: { key: number; score: number }[];
  /** All that match, as far as paging can reach. */
  total: number;
}

interface FoundRow {
  key: number | null;
  score: number | null;
  total: number;
  /** The query's words, where asking for any of them is something else; the last resort. */
  words: string[] | null;
}

/** Finds rows by their words, with the full-text index that `aviary install` makes. */
export class KeywordSearch {
  readonly #reads: Pick<ReadPool, 'query'>;
  readonly #index: SemanticIndex;
  readonly #keywords: KeywordIndex | undefined;
  #seenAt = -Infinity;

  /** @param reads of sessions set as {@link keywordSessions}. */
  constructor(reads: Pick<ReadPool, 'query'>, index: SemanticIndex) {
    this.#reads = reads;
    this.#index = index;
    const { source, name: of } = index;
    this.#keywords =
      source.keywords &&
      keywordIndex({
        of,
        ...source,
        columns: parseTemplate(source.text).columns,
        language: source.keywords.language,
      });
  }

  /**
   * Rows that have all words of the query, in the syntax of search engines ("a phrase", or, -not); where there is
   * none, rows that have any, those with the most words first.
   *
   * @throws RetryableError that says what to do when there is no index, or when Postgres is away or too slow.
   */
  async find(
    request: { query: string; page: number; pageSize: number },
    bounds: Bounds,
  ): Promise<KeywordMatches> {
    const keywords = await this.#ready();
    const { query, page, pageSize } = request;
    const values = [
      query,
      bounds.price.min,
      bounds.price.max,
      seconds(bounds.updated.min),
      seconds(bounds.updated.max),
      pageSize,
      (page - 1) * pageSize,
    ];
    const allWords = await this.#run(allWordsSql(keywords), values);
    const words = allWords[0]?.words ?? null;
    const rows =
      allWords[0]?.total === 0 && words !== null
        ? await this.#run(anyWordSql(keywords), [
            ...values,
            words.slice(0, mostWords).map(toTsquery),
          ])
        : allWords;
    return {
      matches: rows.flatMap(({ key, score }) =>
        key === null || score === null ? [] : [{ key, score }],
      ),
      total: rows[0]?.total ?? 0,
    };
  }

  /**
   * The texts with every word that matches the query between {@link markStart} and {@link markEnd}.
   * @throws RetryableError when Postgres is away or too slow.
   */
  async markWords(query: string, texts: readonly string[]): Promise<string[]> {
    const { language } = await this.#ready();
    const rows = await this.#reads.query<{ marked: string }>(
      'marking words',
      `select ts_headline(${language}, translate(text, '${markStart}${markEnd}', '  '),
                websearch_to_tsquery(${language}, $1),
                'HighlightAll=true, StartSel=${markStart}, StopSel=${markEnd}') as marked
       from unnest($2::text[]) with ordinality as given(text, position) order by position`,
      [query, texts],
    );
    return rows.map(({ marked }) => marked);
  }

  /** @throws RetryableError when there is no index to search with. */
  async #ready(): Promise<KeywordIndex> {
    const { name, source } = this.#index;
    if (this.#keywords === undefined) {
      throw absent(
        `SemanticIndex "${name}" has no keyword search: add "keywords: { language: english }" to its source, then run "aviary install" as the owner of the table`,
      );
    }
    if (performance.now() - this.#seenAt < lookAgainMs) return this.#keywords;
    const found = await this.#reads.query(
      'looking for the keyword index',
      `select from pg_index i join pg_class c on c.oid = i.indexrelid
       join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1::text and c.relname = $2::text and i.indisvalid`,
      [source.schema, this.#keywords.name],
    );
    if (found.length === 0) {
      throw absent(
        `The keyword index of ${source.schema}.${source.table} is not built yet: run "aviary install" as the owner of the table with this spec, or wait until it is done`,
      );
    }
    this.#seenAt = performance.now();
    return this.#keywords;
  }

  async #run(sql: string, values: unknown[]): Promise<FoundRow[]> {
    try {
      return await this.#reads.query<FoundRow>('searching by keywords', sql, values);
    } catch (cause) {
      const reason = (cause as Error).cause as { code?: unknown } | undefined;
      if (reason?.code !== '57014') throw cause;
      throw new RetryableError(
        `Keyword search took longer than ${keywordSessions.statementTimeoutMs / 1_000} s: ask for rarer words.`,
        { cause },
      );
    }
  }
}

/** Of the private use area: no text has them, and those that do get a blank. */
export const markStart = '\uE000';
export const markEnd = '\uE001';

const absent = (message: string) => new RetryableError(message, { retryAfterMs: 10_000 });

const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1_000);

/** Words of a query that are looked for apart. */
const mostWords = 12;

/** Rows looked at for each of those words: of a frequent word some, of a rare one all. */
const mostRowsOfWord = 5_000;

/**
 * Rows that are ranked. It takes 0.1 ms for each, since the words of a row are taken apart anew; the others follow.
 */
const mostRanked = 1_000;

/** A word as the index holds it, as a query for it. */
const toTsquery = (word: string) => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** Rows that have all words. */
export function allWordsSql(keywords: KeywordIndex): string {
  const { language } = keywords;
  const query = `websearch_to_tsquery(${language}, $1)`;
  return searchSql(keywords, {
    hit: `select id as key, cardinality(words) as matched
          from ${rowsWith(keywords, query)}, asked limit ${deepestResult}`,
    query,
    words: `case when position(' & ' in ${query}::text) > 0 and position('!' in ${query}::text) = 0
              then words end`,
  });
}

/** Rows that have any word, those with most of them first. */
export function anyWordSql(keywords: KeywordIndex): string {
  return searchSql(keywords, {
    hit: `select key, count(*)::integer as matched
          from unnest($8::text[]) as word cross join lateral (
            select id as key from ${rowsWith(keywords, 'word::tsquery')} limit ${mostRowsOfWord}
          ) one
          group by key order by matched desc, key limit ${deepestResult}`,
    query: `array_to_string($8::text[], ' | ')::tsquery`,
    words: 'null::text[]',
  });
}

/** The table's rows that match and are within the bounds. Reads the index, and takes no row's words apart. */
function rowsWith({ relation, document }: KeywordIndex, query: string): string {
  return `(
    select id from ${relation}
    where ${document} @@ ${query}
      and ($2::float8 is null or price >= $2::float8)
      and ($3::float8 is null or price <= $3::float8)
      and ($4::float8 is null or last_updated::timestamptz >= to_timestamp($4::float8))
      and ($5::float8 is null or last_updated::timestamptz <= to_timestamp($5::float8))
  ) matching`;
}

/**
 * One row at least, for the total. The score is the share of the query's words that a row has, its last part how often
 * and how close together they stand.
 */
function searchSql(
  { relation, language, document }: KeywordIndex,
  { hit, query, words }: { hit: string; query: string; words: string },
): string {
  return `
    with asked as materialized (
      select tsvector_to_array(to_tsvector(${language}, $1)) as words
    ), hit as materialized (${hit}),
    first as (select key, matched from hit order by matched desc, key limit ${mostRanked}),
    ranked as materialized (
      select key, greatest(matched, cardinality(array(
               select unnest(words) intersect select unnest(tsvector_to_array(document))))) as matched,
             ts_rank_cd(document, ${query}, 32) as rank
      from asked, first cross join lateral (
        select ${document} as document from ${relation} where id = first.key
      ) row
    ), scored as (
      select key, (matched - 1 + rank) / greatest(cardinality(words), 1) as score
      from asked, (
        select key, matched, rank from ranked
        union all
        select key, matched, 0 from hit where key not in (select key from ranked)
      ) each
    )
    select found.key::float8 as key, found.score, counted.total, ${words} as words
    from asked, (select count(*)::integer as total from hit) counted
    left join (select key, score from scored order by score desc, key limit $6 offset $7) found on true
    order by found.score desc, found.key`;
}
