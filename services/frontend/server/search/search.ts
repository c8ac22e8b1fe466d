import { encodeKey } from '@aviary/change-job';
import { PermanentError, RetryableError, type Logger } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import { keyOf, type SourceTable } from '@aviary/source-table';
import type { VectorIndex } from '@aviary/vector-index';
import { deepestResult, type Hit, type SearchMode, type SearchPage } from '../../shared/search.ts';
import type { Figure } from '../pipeline/figure.ts';
import { RequestError } from '../problems.ts';
import { kindOf, shown } from './column-kind.ts';
import { AwayError, dependOn, type Dependency } from './dependency.ts';
import type { IndexedRow, IndexedRows } from './indexed-rows.ts';
import type { KeywordSearch } from './keyword-search.ts';
import { embedPatienceMs, type QueryEmbedder } from './query-embedder.ts';
import { passes, toMetadataFilter, type Filter } from './search-filters.ts';
import type { SearchStatistics } from './search-statistics.ts';

/** After so long altogether keywords stand in, in milliseconds. */
const patienceMs = 1_500;

/** Asked for more records than this, an index that is well may be late as well. */
const ordinaryDepth = 1_000;

export interface SearchOptions {
  spec: SemanticIndex;
  queries: QueryEmbedder;
  index: VectorIndex;
  keywords: KeywordSearch;
  rows: IndexedRows;
  /** Records in the index. */
  indexed: Figure<number>;
  statistics: SearchStatistics;
  logger: Logger;
}

export interface SearchRequest {
  query: string;
  mode: SearchMode;
  /** Times pageSize it may be at most {@link deepestResult}. */
  page: number;
  pageSize: number;
  filters: readonly Filter[];
}

/** Which rows, before they are read. */
interface Found {
  answeredBy: SearchMode;
  degraded: SearchPage['degraded'];
  matches: { key: string[]; score: number }[];
  total: number | null;
  more: boolean;
}

/**
 * Finds rows of a SemanticIndex by meaning, or by words where that is asked for or where what meaning needs is away. Rows come from
 * Postgres, so that what is shown is current.
 */
export class Search {
  readonly dependency: Dependency;
  readonly #options: SearchOptions;

  constructor(options: SearchOptions) {
    this.#options = options;
    const { index, spec, statistics, logger } = options;
    const anyVector = new Float32Array(spec.embedding.dimensions).fill(1);
    this.dependency = dependOn(
      { dependency: 'index', of: spec.name, statistics, logger },
      {
        name: 'The vector index',
        probe: (signal) => index.query({ vector: anyVector, topK: 1 }, signal),
        probeTimeoutMs: patienceMs,
      },
    );
  }

  /**
   * @param signal ends the wait when the asker has gone.
   * @throws RequestError for a query that the embedder refuses; RetryableError when nothing can answer.
   */
  async page(request: SearchRequest, signal: AbortSignal): Promise<SearchPage> {
    const { query, mode, page, pageSize, filters } = request;
    const { spec, rows, statistics } = this.#options;
    const { table } = await rows.inspect();
    const tookMs = { embed: 0, index: 0, keywords: 0, rows: 0 };
    const byKeywords = (reason: string | null) =>
      timed(tookMs, 'keywords', this.#byKeywords(request, reason));
    const { matches, ...facts } =
      mode === 'keyword'
        ? await byKeywords(null)
        : await this.#byMeaning(request, table, tookMs, signal).catch((error: unknown) => {
            if (error instanceof AwayError) return byKeywords(error.message);
            throw error;
          });
    signal.throwIfAborted();
    const keys = matches.map(({ key }) => key);
    const found = await timed(tookMs, 'rows', rows.read(keys));
    const answer = {
      index: spec.name,
      query,
      page,
      pageSize,
      mode,
      ...facts,
      columns: columnsOf(table),
      results: matches.flatMap(({ key, score }, position) => {
        const row = found[position];
        return row && passes(filters, valueOf(table, row)) ? [toHit(table, key, score, row)] : [];
      }),
      tookMs,
    };
    statistics.searched(answer);
    return answer;
  }

  async #byMeaning(
    request: SearchRequest,
    table: SourceTable,
    tookMs: SearchPage['tookMs'],
    signal: AbortSignal,
  ): Promise<Found> {
    const { query, page, pageSize, filters } = request;
    const { queries, index, indexed } = this.#options;
    const vector = await timed(tookMs, 'embed', queries.vector(query, signal)).catch(
      (error: unknown) => {
        if (!(error instanceof PermanentError)) throw error;
        const message = 'The embedding service does not take this query';
        throw new RequestError(400, message, [{ field: 'q', message }]);
      },
    );
    const filter = toMetadataFilter(filters);
    const topK = Math.min(page * pageSize + 1, deepestResult);
    const answer = this.dependency.call(
      (until) => index.query({ vector, topK, ...(filter && { filter }) }, until),
      {
        budgetMs: Math.round(patienceMs - Math.min(tookMs.embed, embedPatienceMs)),
        signal,
        mayBeLate: topK > ordinaryDepth,
      },
    );
    const [matches, count] = await timed(tookMs, 'index', Promise.all([answer, indexed.get()]));
    return {
      answeredBy: 'semantic',
      degraded: null,
      matches: matches.slice((page - 1) * pageSize, page * pageSize).flatMap(({ id, score }) => {
        const key = keyOf(id, table);
        return key === undefined ? [] : [{ key, score }];
      }),
      total: totalOf(matches.length, topK, filter === undefined ? count.value : null),
      more: matches.length > page * pageSize,
    };
  }

  async #byKeywords(request: SearchRequest, reason: string | null): Promise<Found> {
    const { matches, total } = await this.#options.keywords
      .find(request, request.filters)
      .catch((error: unknown) => {
        if (reason === null || !(error instanceof RetryableError)) throw error;
        const { message, retryAfterMs } = error;
        throw new RetryableError(`${reason}, and keywords cannot stand in. ${message}`, {
          cause: error,
          retryAfterMs,
        });
      });
    return {
      answeredBy: 'keyword',
      degraded: reason === null ? null : { reason },
      matches,
      total,
      more: total > request.page * request.pageSize,
    };
  }
}

function columnsOf({ key, text, metadata }: SourceTable): SearchPage['columns'] {
  return {
    key: key.map(({ name }) => name),
    text: text.map(({ name }) => name),
    metadata: metadata.map((column) => ({ name: column.name, kind: kindOf(column) })),
  };
}

/** What the index would have of a row now. */
function valueOf(table: SourceTable, row: IndexedRow) {
  return (name: string) =>
    row.metadata[table.metadata.findIndex((column) => column.name === name)] ?? null;
}

function toHit(table: SourceTable, key: string[], score: number, row: IndexedRow): Hit {
  const { key: keyColumns, text, metadata } = table;
  return {
    score,
    id: encodeKey(key),
    key: Object.fromEntries(keyColumns.map(({ name }, place) => [name, key[place] ?? ''])),
    text: Object.fromEntries(text.map(({ name }, place) => [name, row.text[place] ?? null])),
    metadata: Object.fromEntries(
      metadata.map((column, place) => [
        column.name,
        shown(kindOf(column), row.metadata[place] ?? null),
      ]),
    ),
  };
}

/** What paging can reach: known when the index had no more, else what it holds. */
function totalOf(matches: number, topK: number, count: number | null): number | null {
  if (matches < topK) return matches;
  return count === null ? null : Math.min(count, deepestResult);
}

/** Waits, and notes how long that took in milliseconds. A failure's time counts as well. */
async function timed<T>(
  tookMs: SearchPage['tookMs'],
  part: keyof SearchPage['tookMs'],
  work: Promise<T>,
): Promise<T> {
  const began = performance.now();
  try {
    return await work;
  } finally {
    tookMs[part] = Math.round((performance.now() - began) * 10) / 10;
  }
}
