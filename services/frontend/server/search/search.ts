import { keyOfRecordId } from '@aviary/change-job';
import type { Embedder } from '@aviary/embedding';
import type { VectorIndex } from '@aviary/vector-index';
import { deepestResult, type SearchPage } from '../../shared/search.ts';
import type { Figure } from '../pipeline/figure.ts';
import type { ProductTable } from '../products/product-table.ts';
import { QueryVectors } from './query-vectors.ts';

/** Longest wait for the embedding of a query, rate limits included, and for the index. */
const timeoutMs = 8_000;

export interface SearchOptions {
  embedder: Embedder;
  index: VectorIndex;
  table: ProductTable;
  /** Records in the index. */
  indexed: Figure<number>;
}

/** Finds products by meaning. Rows come from Postgres, so that what is shown is current. */
export class Search {
  readonly #options: SearchOptions;
  readonly #vectors: QueryVectors;
  /** How the embedder did when last asked. */
  embedderHealth: { ok: boolean; reason: string | null } = { ok: true, reason: null };

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#vectors = new QueryVectors((query) => this.#embed(query));
  }

  /**
   * @param request.page times request.pageSize may be at most {@link deepestResult}.
   * @param signal ends the wait when the asker has gone.
   */
  async page(
    request: { query: string; page: number; pageSize: number },
    signal: AbortSignal,
  ): Promise<SearchPage> {
    const { query, page, pageSize } = request;
    const { index, table, indexed } = this.#options;
    const began = performance.now();
    const vector = await this.#vectors.get(query);
    const embedded = performance.now();
    const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const [matches, total] = await Promise.all([
      index.query({ vector, topK: page * pageSize }, patience),
      indexed.get(),
    ]);
    const matched = performance.now();
    const keyed = matches
      .slice((page - 1) * pageSize)
      .map(({ id, score }) => ({ key: Number(keyOfRecordId(id)[0]), score }))
      .filter(({ key }) => Number.isSafeInteger(key));
    const rows = await table.byIds(keyed.map(({ key }) => key));
    const results = keyed.flatMap(({ key, score }) => {
      const product = rows.get(key);
      return product ? [{ score, product }] : [];
    });
    return {
      query,
      page,
      pageSize,
      total: total.value === null ? null : Math.min(total.value, deepestResult),
      results,
      tookMs: {
        embed: milliseconds(embedded - began),
        index: milliseconds(matched - embedded),
        rows: milliseconds(performance.now() - matched),
      },
    };
  }

  /** Not ended by the asker's leaving: the next keystroke may want the same, and it is paid for. */
  async #embed(query: string): Promise<Float32Array> {
    try {
      const [vector] = await this.#options.embedder.embed([query], AbortSignal.timeout(timeoutMs));
      if (vector === undefined) throw new Error('The embedder answered without a vector.');
      this.embedderHealth = { ok: true, reason: null };
      return vector;
    } catch (error) {
      this.embedderHealth = {
        ok: false,
        reason: error instanceof Error ? error.message : String(error),
      };
      throw error;
    }
  }
}

const milliseconds = (duration: number) => Math.round(duration * 10) / 10;
