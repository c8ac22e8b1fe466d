import { keywordIndex, type KeywordIndex, type ReadPool } from '@aviary/postgres';
import { RetryableError } from '@aviary/runtime';
import { parseTemplate, type SemanticIndex } from '@aviary/semantic-index';
import type { IndexedRows } from './indexed-rows.ts';
import { allWordsSql, anyWordSql, filterValues, mostWords, toTsquery } from './keyword-sql.ts';
import type { Filter } from './search-filters.ts';

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
  matches: { key: string[]; score: number }[];
  /** All that match, as far as paging can reach. */
  total: number;
}

interface FoundRow {
  key: string[] | null;
  score: number | null;
  total: number;
  /** The query's words, where asking for any of them is something else; the last resort. */
  words: string[] | null;
}

/** Finds rows by their words, with the full-text index that `aviary install` makes. */
export class KeywordSearch {
  readonly #reads: Pick<ReadPool, 'query'>;
  readonly #index: SemanticIndex;
  readonly #rows: Pick<IndexedRows, 'inspect'>;
  readonly #keywords: KeywordIndex | undefined;
  #seenAt = -Infinity;

  /** @param reads of sessions set as {@link keywordSessions}. */
  constructor(
    reads: Pick<ReadPool, 'query'>,
    index: SemanticIndex,
    rows: Pick<IndexedRows, 'inspect'>,
  ) {
    this.#reads = reads;
    this.#index = index;
    this.#rows = rows;
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
    filters: readonly Filter[],
  ): Promise<KeywordMatches> {
    const keywords = await this.#ready();
    const { table } = await this.#rows.inspect();
    const { query, page, pageSize } = request;
    const values = [query, pageSize, (page - 1) * pageSize, ...filterValues(table, filters)];
    const allWords = await this.#run(allWordsSql(keywords, table), values);
    const words = allWords[0]?.words ?? null;
    const rows =
      allWords[0]?.total === 0 && words !== null
        ? await this.#run(anyWordSql(keywords, table), [
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
