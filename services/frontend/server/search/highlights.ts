import type { Embedder } from '@aviary/embedding';
import type { SemanticIndex } from '@aviary/semantic-index';
import type { Product } from '../../shared/product.ts';
import type { Highlights, Mark, SearchMode } from '../../shared/search.ts';
import type { ProductTable } from '../products/product-table.ts';
import { within } from '../within.ts';
import type { KeywordSearch } from './keyword-search.ts';
import { cosine, wordOverlap } from './likeness.ts';
import { readMarks } from './marked-words.ts';
import type { Search } from './search.ts';
import { SentenceVectors } from './sentence-vectors.ts';
import { splitIntoSentences, type Sentence } from './sentences.ts';
import type { SearchStatistics } from './search-statistics.ts';

/** Longest wait for the sentences' vectors, in milliseconds. The results are there already. */
const patienceMs = 3_000;

/** Requests to the embedder at once. Results matter more than their marks: beyond it, words decide. */
const atOnce = 2;

/** As far as the words of a text are marked, in characters. */
const longestText = 20_000;

export interface HighlightsOptions {
  spec: SemanticIndex;
  embedder: Embedder;
  search: Pick<Search, 'vector' | 'health'>;
  keywords: KeywordSearch;
  table: ProductTable;
  statistics: SearchStatistics;
}

export interface HighlightsRequest {
  query: string;
  mode: SearchMode;
  ids: readonly number[];
}

type Highlight = Highlights['highlights'][number];

/** Says what in the text of each result answers the query. */
export class HighlightFinder {
  readonly #options: HighlightsOptions;
  readonly #vectors: SentenceVectors;
  #underWay = 0;

  constructor(options: HighlightsOptions) {
    this.#options = options;
    this.#vectors = new SentenceVectors(options.embedder, options.spec.embedding.dimensions);
  }

  /**
   * By meaning, the one sentence of each description that comes nearest; where the embedder is away or busy, the one
   * that shares the most words. By keywords, each word that matches.
   *
   * @throws RetryableError when Postgres is away; the signal's reason.
   */
  async find({ query, mode, ids }: HighlightsRequest, signal: AbortSignal): Promise<Highlights> {
    const { table, statistics } = this.#options;
    const products = [...(await table.byIds([...new Set(ids)])).values()];
    const found =
      mode === 'keyword'
        ? { by: 'words' as const, highlights: await this.#words(query, products) }
        : await this.#sentences(query, products, signal);
    statistics.highlighted(found.by);
    return found;
  }

  async #sentences(query: string, products: Product[], signal: AbortSignal): Promise<Highlights> {
    const texts = products.flatMap(({ id, description }) => {
      const sentences = splitIntoSentences(description ?? '');
      // Of a single one there is nothing to choose.
      return sentences.length > 1 ? [{ id, sentences }] : [];
    });
    const likeness = await this.#likeness(
      query,
      texts.map(({ sentences }) => sentences).flat(),
      signal,
    );
    const of = likeness ?? ((sentence: string) => wordOverlap(query, sentence));
    return {
      by: likeness ? 'meaning' : 'words',
      highlights: texts.flatMap(({ id, sentences }) => {
        const best = bestOf(sentences, of);
        return best.score > 0 ? [toHighlight(id, best)] : [];
      }),
    };
  }

  /** @returns how near a sentence is to the query; undefined while the embedder is away or busy. */
  async #likeness(
    query: string,
    sentences: Sentence[],
    signal: AbortSignal,
  ): Promise<((sentence: string) => number) | undefined> {
    const { search } = this.#options;
    if (this.#underWay >= atOnce || !search.health.embedder.ok) return undefined;
    this.#underWay += 1;
    try {
      const texts = sentences.map(({ text }) => text);
      const [asked, vectors] = await within(
        patienceMs,
        async (until) =>
          [await search.vector(query, until), await this.#vectors.of(texts, until)] as const,
        signal,
      );
      return (sentence) => cosine(asked, vectors.get(sentence) ?? new Float32Array());
    } catch {
      signal.throwIfAborted();
      return undefined;
    } finally {
      this.#underWay -= 1;
    }
  }

  async #words(query: string, products: Product[]): Promise<Highlight[]> {
    const texts = products.flatMap(({ name, description }) => [name, description ?? '']);
    const marked = await this.#options.keywords.markWords(
      query,
      texts.map((text) => text.slice(0, longestText)),
    );
    return products.flatMap(({ id }, position) => {
      const marks: Mark[] = [
        ...readMarks(marked[2 * position] ?? '', 'name'),
        ...readMarks(marked[2 * position + 1] ?? '', 'description'),
      ];
      return marks.length > 0 ? [{ id, marks, score: null }] : [];
    });
  }
}

function bestOf(sentences: Sentence[], likeness: (text: string) => number) {
  return sentences
    .map((sentence) => ({ sentence, score: likeness(sentence.text) }))
    .reduce((best, one) => (one.score > best.score ? one : best));
}

function toHighlight(
  id: number,
  { sentence, score }: { sentence: Sentence; score: number },
): Highlight {
  return { id, marks: [{ field: 'description', ...sentence }], score: Math.min(1, score) };
}
