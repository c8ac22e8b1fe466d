import { isDeepStrictEqual } from 'node:util';
import { RetryableError } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import type { VectorIndex } from '@aviary/vector-index';
import type { Figure } from '../pipeline/figure.ts';
import { RequestError } from '../problems.ts';
import { whyNotHere } from './own-secrets.ts';
import type { HighlightFinder } from '../search/highlights.ts';
import type { IndexedRows } from '../search/indexed-rows.ts';
import type { QueryEmbedder } from '../search/query-embedder.ts';
import type { Search } from '../search/search.ts';

/** One SemanticIndex, connected. */
export interface ConnectedIndex {
  spec: SemanticIndex;
  queries: QueryEmbedder;
  index: VectorIndex;
  rows: IndexedRows;
  search: Search;
  highlights: HighlightFinder;
  /** Records in the namespace: as of now, and as of some seconds ago. */
  records: Figure<number>;
  recordsLately: Figure<number>;
}

/** Connects SemanticIndexes: those of one model, of one service, share what embeds their queries. */
export interface IndexConnector {
  embedder: (embedding: SemanticIndex['embedding']) => QueryEmbedder;
  index: (spec: SemanticIndex, queries: QueryEmbedder) => ConnectedIndex;
}

/**
 * The SemanticIndexes there are. They can be replaced while searches go on: those that have begun end on what they began with, and
 * what has not changed stays as it is.
 */
export class SearchableIndexes {
  readonly #connector: IndexConnector;
  readonly #preferred: string;
  #queries = new Map<string, QueryEmbedder>();
  #connected: readonly ConnectedIndex[] = [];

  /** @param preferred name of the one that is searched where none is named */
  constructor(connector: IndexConnector, preferred: string) {
    this.#connector = connector;
    this.#preferred = preferred;
  }

  /** The one that is searched where none is named comes first. */
  get all(): readonly ConnectedIndex[] {
    return this.#connected;
  }

  /** What embeds queries for them, each model's once. */
  get queries(): readonly { of: string; queries: QueryEmbedder }[] {
    return [...this.#queries].map(([of, queries]) => ({ of, queries }));
  }

  replace(specs: readonly SemanticIndex[]): void {
    const before = this.#connected;
    const queries = new Map<string, QueryEmbedder>();
    const connected = specs.map((spec) => {
      const { model: name, dimensions, baseURL = '' } = spec.embedding;
      const model = [`${name}/${dimensions}`, baseURL].join(' ').trim();
      const embedder =
        queries.get(model) ?? this.#queries.get(model) ?? this.#connector.embedder(spec.embedding);
      queries.set(model, embedder);
      return (
        before.find((one) => isDeepStrictEqual(one.spec, spec)) ??
        this.#connector.index(spec, embedder)
      );
    });
    const rank = ({ spec }: ConnectedIndex) =>
      whyNotHere(spec) !== undefined ? 2 : spec.name === this.#preferred ? 0 : 1;
    this.#connected = connected.toSorted((one, other) => rank(one) - rank(other));
    for (const one of before) if (!connected.includes(one)) one.search.dependency.stop();
    for (const [model, one] of this.#queries) if (!queries.has(model)) one.dependency.stop();
    this.#queries = queries;
  }

  /** @throws RequestError when there is no such index, or none to be searched here; RetryableError when there is none at all. */
  get(name: string | undefined): ConnectedIndex {
    const found = name === undefined ? this.all[0] : this.find(name);
    const obstacle = found && whyNotHere(found.spec);
    if (obstacle !== undefined) throw new RequestError(503, obstacle);
    if (found !== undefined) return found;
    if (name === undefined) {
      throw new RetryableError('There is no SemanticIndex yet: SPECS names none.', {
        retryAfterMs: 5_000,
      });
    }
    const names = this.all.map(({ spec }) => `"${spec.name}"`).join(', ') || 'none';
    const message = `There is no SemanticIndex "${name}"; there is ${names}`;
    throw new RequestError(404, message, [{ field: 'index', message }]);
  }

  find(name: string): ConnectedIndex | undefined {
    return this.all.find(({ spec }) => spec.name === name);
  }

  /** Ends what goes on in the background. */
  close(): void {
    this.replace([]);
  }
}
