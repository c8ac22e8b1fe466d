import { keyOfRecordId } from '@aviary/change-job';
import type { Embedder } from '@aviary/embedding';
import { PermanentError, RetryableError, type Logger } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import type { VectorIndex } from '@aviary/vector-index';
import { deepestResult, type SearchMode, type SearchPage } from '../../shared/search.ts';
import type { Figure } from '../pipeline/figure.ts';
import { RequestError } from '../problems.ts';
import type { ProductTable } from '../products/product-table.ts';
import { within } from '../within.ts';
import { AwayError, Dependency } from './dependency.ts';
import type { KeywordSearch } from './keyword-search.ts';
import { QueryVectors } from './query-vectors.ts';
import { isBounded, isWithin, toMetadataFilter, type Bounds } from './search-filters.ts';
import type { SearchStatistics } from './search-statistics.ts';

/** Longest that an embedding of queries goes on, rate limits included: its vectors serve whoever asks next. */
const embeddingTimeoutMs = 8_000;

/** After so long altogether keywords stand in, and after so long for the embedding alone, in milliseconds. */
const patienceMs = 1_500;
const embedPatienceMs = 1_000;

/** Asked for more records than this, an index that is well may be late as well. */
const ordinaryDepth = 1_000;

export interface SearchOptions {
  spec: SemanticIndex;
  embedder: Embedder;
  index: VectorIndex;
  keywords: KeywordSearch;
  table: ProductTable;
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
  bounds: Bounds;
}

/** Which rows, before they are read. */
interface Found {
  answeredBy: SearchMode;
  degraded: SearchPage['degraded'];
  matches: { key: number; score: number }[];
  total: number | null;
  more: boolean;
}

/**
 * Finds products by meaning, or by words where that is asked for or where what meaning needs is away. Rows come from
 * Postgres, so that what is shown is current.
 */
export class Search {
  readonly #options: SearchOptions;
  readonly #vectors: QueryVectors;
  readonly #embedder: Dependency;
  readonly #index: Dependency;

  constructor(options: SearchOptions) {
    this.#options = options;
    const { embedder, index, spec, statistics } = options;
    this.#vectors = new QueryVectors(
      (queries) => within(embeddingTimeoutMs, (until) => embedder.embed(queries, until)),
      (queries) => statistics.batched(queries),
    );
    this.#embedder = this.#depend('embedder', {
      name: 'The embedding service',
      probe: (signal) => embedder.embed(['probe'], signal),
      probeTimeoutMs: embedPatienceMs,
    });
    const anyVector = new Float32Array(spec.embedding.dimensions).fill(1);
    this.#index = this.#depend('index', {
      name: 'The vector index',
      probe: (signal) => index.query({ vector: anyVector, topK: 1 }, signal),
      probeTimeoutMs: patienceMs,
    });
    statistics.observe({ embedder: this.#embedder, index: this.#index });
  }

  /** How what a search by meaning needs did when last asked. */
  get health() {
    return { embedder: this.#embedder.health, index: this.#index.health };
  }

  /**
   * @param signal ends the wait when the asker has gone.
   * @throws RequestError for a query that the embedder refuses; RetryableError when nothing can answer.
   */
  async page(request: SearchRequest, signal: AbortSignal): Promise<SearchPage> {
    const { query, mode, page, pageSize, bounds } = request;
    const tookMs = { embed: 0, index: 0, keywords: 0, rows: 0 };
    const byKeywords = (reason: string | null) =>
      timed(tookMs, 'keywords', this.#byKeywords(request, reason));
    const { matches, ...facts } =
      mode === 'keyword'
        ? await byKeywords(null)
        : await this.#byMeaning(request, tookMs, signal).catch((error: unknown) => {
            if (error instanceof AwayError) return byKeywords(error.message);
            throw error;
          });
    signal.throwIfAborted();
    const keys = matches.map(({ key }) => key);
    const rows = await timed(tookMs, 'rows', this.#options.table.byIds(keys));
    const answer = {
      query,
      page,
      pageSize,
      mode,
      ...facts,
      results: matches.flatMap(({ key, score }) => {
        const product = rows.get(key);
        return product && isWithin(bounds, product) ? [{ score, product }] : [];
      }),
      tookMs,
    };
    this.#options.statistics.searched(answer);
    return answer;
  }

  /** The vector of a query, as search itself has it. @throws AwayError; the signal's reason. */
  async vector(query: string, signal: AbortSignal): Promise<Float32Array> {
    return (
      this.#vectors.known(query) ??
      this.#embedder.call((until) => this.#vectors.get(query, until), {
        budgetMs: embedPatienceMs,
        signal,
        isAskersFault: (error) => error instanceof PermanentError,
      })
    );
  }

  /** Ends what goes on in the background. */
  close(): void {
    this.#embedder.stop();
    this.#index.stop();
  }

  async #byMeaning(
    request: SearchRequest,
    tookMs: SearchPage['tookMs'],
    signal: AbortSignal,
  ): Promise<Found> {
    const { query, page, pageSize, bounds } = request;
    const { index, indexed } = this.#options;
    const vector = await timed(tookMs, 'embed', this.vector(query, signal)).catch(
      (error: unknown) => {
        if (!(error instanceof PermanentError)) throw error;
        const message = 'The embedding service does not take this query';
        throw new RequestError(400, message, [{ field: 'q', message }]);
      },
    );
    const filter = toMetadataFilter(bounds);
    const topK = Math.min(page * pageSize + 1, deepestResult);
    const answer = this.#index.call(
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
        const key = Number(keyOfRecordId(id)[0]);
        return Number.isSafeInteger(key) ? [{ key, score }] : [];
      }),
      total: totalOf(matches.length, topK, isBounded(bounds) ? null : count.value),
      more: matches.length > page * pageSize,
    };
  }

  async #byKeywords(request: SearchRequest, reason: string | null): Promise<Found> {
    const { matches, total } = await this.#options.keywords
      .find(request, request.bounds)
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

  #depend(
    dependency: string,
    options: Omit<ConstructorParameters<typeof Dependency>[0], 'onChange'>,
  ): Dependency {
    const { logger, statistics } = this.#options;
    return new Dependency({
      ...options,
      onChange: (failure) => {
        statistics.changed(dependency, failure === undefined ? 'back' : 'away');
        if (failure === undefined) logger.info({ event: 'search_recovered', dependency });
        else logger.warn({ event: 'search_degraded', dependency, err: failure });
      },
    });
  }
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
