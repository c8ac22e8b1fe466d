import type { Embedder } from '@aviary/embedding';
import { PermanentError, type Logger } from '@aviary/runtime';
import { within } from '../within.ts';
import { Dependency, dependOn } from './dependency.ts';
import { QueryVectors } from './query-vectors.ts';
import type { SearchStatistics } from './search-statistics.ts';
import { SentenceVectors } from './sentence-vectors.ts';

/** Longest that an embedding of queries goes on, rate limits included: its vectors serve whoever asks next. */
const embeddingTimeoutMs = 8_000;

/** Longest wait of a search for its query's vector, in milliseconds. */
export const embedPatienceMs = 1_000;

/** What embeds queries, and the sentences to hold against them: one for all indexes of a model and its dimensions. */
export class QueryEmbedder {
  readonly dependency: Dependency;
  readonly sentences: SentenceVectors;
  readonly #vectors: QueryVectors;

  constructor(options: {
    model: string;
    dimensions: number;
    embedder: Embedder;
    statistics: SearchStatistics;
    logger: Logger;
  }) {
    const { model, dimensions, embedder, statistics, logger } = options;
    this.#vectors = new QueryVectors(
      (queries) => within(embeddingTimeoutMs, (until) => embedder.embed(queries, until)),
      (queries) => statistics.batched(queries),
    );
    this.sentences = new SentenceVectors(embedder, dimensions);
    this.dependency = dependOn(
      { dependency: 'embedder', of: model, statistics, logger },
      {
        name: 'The embedding service',
        probe: (signal) => embedder.embed(['probe'], signal),
        probeTimeoutMs: embedPatienceMs,
      },
    );
  }

  /** @throws AwayError; PermanentError for a query that the embedder refuses; the signal's reason. */
  async vector(query: string, signal: AbortSignal): Promise<Float32Array> {
    return (
      this.#vectors.known(query) ??
      this.dependency.call((until) => this.#vectors.get(query, until), {
        budgetMs: embedPatienceMs,
        signal,
        isAskersFault: (error) => error instanceof PermanentError,
      })
    );
  }
}
