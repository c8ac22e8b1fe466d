import { encodeKey } from '@aviary/change-job';
import { keyOf } from '@aviary/source-table';
import type { Highlights, Mark, SearchMode } from '../../shared/search.ts';
import { within } from '../within.ts';
import type { IndexedRows } from './indexed-rows.ts';
import type { KeywordSearch } from './keyword-search.ts';
import { cosine, wordOverlap } from './likeness.ts';
import { readMarks } from './marked-words.ts';
import type { QueryEmbedder } from './query-embedder.ts';
import { splitIntoSentences, type Sentence } from './sentences.ts';
import type { SearchStatistics } from './search-statistics.ts';

/** Longest wait for the sentences' vectors, in milliseconds. The results are there already. */
const patienceMs = 3_000;

/** Requests to the embedder at once. Results matter more than their marks: beyond it, words decide. */
const atOnce = 2;

/** As far as the words of a text are marked, in characters. */
const longestText = 20_000;

export interface HighlightsOptions {
  queries: QueryEmbedder;
  keywords: KeywordSearch;
  rows: IndexedRows;
  statistics: SearchStatistics;
}

export interface HighlightsRequest {
  query: string;
  mode: SearchMode;
  /** Of records. */
  ids: readonly string[];
}

type Highlight = Highlights['highlights'][number];

/** A result's texts that are there, by column; the first is its title. */
interface Result {
  id: string;
  texts: { field: string; text: string }[];
}

interface Candidate extends Sentence {
  field: string;
}

/** Says what in the text of each result answers the query. */
export class HighlightFinder {
  readonly #options: HighlightsOptions;
  #underWay = 0;

  constructor(options: HighlightsOptions) {
    this.#options = options;
  }

  /**
   * By meaning, the one sentence below each title that comes nearest; where the embedder is away or busy, the one that
   * shares the most words. By keywords, each word that matches.
   *
   * @throws RetryableError when Postgres is away; the signal's reason.
   */
  async find({ query, mode, ids }: HighlightsRequest, signal: AbortSignal): Promise<Highlights> {
    const results = await this.#read([...new Set(ids)]);
    const found =
      mode === 'keyword'
        ? { by: 'words' as const, highlights: await this.#words(query, results) }
        : await this.#sentences(query, results, signal);
    this.#options.statistics.highlighted(found.by);
    return found;
  }

  async #read(ids: readonly string[]): Promise<Result[]> {
    const { rows } = this.#options;
    const { table } = await rows.inspect();
    const keys = ids.flatMap((id) => {
      const key = keyOf(id, table);
      return key === undefined ? [] : [key];
    });
    const found = await rows.read(keys);
    return keys.flatMap((key, position) => {
      const row = found[position];
      if (row === undefined) return [];
      const texts = table.text.map(({ name }, place) => ({
        field: name,
        text: row.text[place] ?? '',
      }));
      return [{ id: encodeKey(key), texts }];
    });
  }

  async #sentences(query: string, results: Result[], signal: AbortSignal): Promise<Highlights> {
    const choices = results.flatMap(({ id, texts }) => {
      const [title, ...below] = texts;
      const sentences = (below.length > 0 || !title ? below : [title]).flatMap(({ field, text }) =>
        splitIntoSentences(text).map((sentence) => ({ field, ...sentence })),
      );
      // Of a single one there is nothing to choose.
      return sentences.length > 1 ? [{ id, sentences }] : [];
    });
    const all = choices.flatMap(({ sentences }) => sentences);
    const likeness = await this.#likeness(query, all, signal);
    const of = likeness ?? ((sentence: string) => wordOverlap(query, sentence));
    return {
      by: likeness ? 'meaning' : 'words',
      highlights: choices.flatMap(({ id, sentences }) => {
        const best = bestOf(sentences, of);
        if (best.score <= 0) return [];
        return [{ id, marks: [best.sentence], score: Math.min(1, best.score) }];
      }),
    };
  }

  /** @returns how near a sentence is to the query; undefined while the embedder is away or busy. */
  async #likeness(
    query: string,
    sentences: Sentence[],
    signal: AbortSignal,
  ): Promise<((sentence: string) => number) | undefined> {
    const { queries } = this.#options;
    if (this.#underWay >= atOnce || !queries.dependency.health.ok) return undefined;
    this.#underWay += 1;
    try {
      const texts = sentences.map(({ text }) => text);
      const [asked, vectors] = await within(
        patienceMs,
        async (until) =>
          [await queries.vector(query, until), await queries.sentences.of(texts, until)] as const,
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

  async #words(query: string, results: Result[]): Promise<Highlight[]> {
    const texts = results.flatMap(({ id, texts: of }) => of.map((one) => ({ id, ...one })));
    const marked = await this.#options.keywords.markWords(
      query,
      texts.map(({ text }) => text.slice(0, longestText)),
    );
    const marks = new Map<string, Mark[]>();
    for (const [position, { id, field }] of texts.entries()) {
      const found = readMarks(marked[position] ?? '', field);
      if (found.length > 0) marks.set(id, [...(marks.get(id) ?? []), ...found]);
    }
    return [...marks].map(([id, found]) => ({ id, marks: found, score: null }));
  }
}

function bestOf(sentences: Candidate[], likeness: (text: string) => number) {
  return sentences
    .map((sentence) => ({ sentence, score: likeness(sentence.text) }))
    .reduce((best, one) => (one.score > best.score ? one : best));
}
