import { Embedder } from '@aviary/embedding';
import { ReadPool, createPool, type PoolOptions } from '@aviary/postgres';
import type { Logger, Registry } from '@aviary/runtime';
import { VectorIndex } from '@aviary/vector-index';
import { SearchableIndexes, type IndexConnector } from '../indexes/searchable-indexes.ts';
import { Figure } from '../pipeline/figure.ts';
import { HighlightFinder } from './highlights.ts';
import { IndexedRows, rowSessions } from './indexed-rows.ts';
import { KeywordSearch, keywordSessions } from './keyword-search.ts';
import { QueryEmbedder } from './query-embedder.ts';
import { SearchStatistics } from './search-statistics.ts';
import { Search } from './search.ts';

/** Keyword searches at once: they cost Postgres more than anything else, and must not take all of its time. */
const keywordConnections = 4;

/** Reads of found rows at once. */
const rowConnections = 8;

/** How long a namespace's count is kept: below the second in which a page asks again; and for the list, in milliseconds. */
const keepMs = 400;
const keepForListMs = 5_000;

export interface SearchNeeds {
  /** Name of the SemanticIndex that is searched where none is named. */
  preferred: string;
  openai: { apiKey: string; baseURL?: string };
  pinecone: { apiKey: string; controllerHostUrl: string | undefined };
  database: { primary: PoolOptions; replicas: readonly PoolOptions[] };
  logger: Logger;
  metrics: Registry;
}

/** Search over SemanticIndexes, none of which is there yet. */
export function connectSearch(needs: SearchNeeds): {
  indexes: SearchableIndexes;
  close: () => Promise<void>;
} {
  const { preferred, openai, pinecone, database, logger, metrics } = needs;
  const forRows = openReads(database, { ...rowSessions, max: rowConnections });
  const forKeywords = openReads(database, { ...keywordSessions, max: keywordConnections });
  const statistics = new SearchStatistics(metrics);
  const connector: IndexConnector = {
    embedder: ({ model, dimensions, baseURL = openai.baseURL }) =>
      new QueryEmbedder({
        ...{ model, dimensions },
        embedder: new Embedder({
          ...{ apiKey: openai.apiKey, model, dimensions },
          ...(baseURL !== undefined && { baseURL }),
        }),
        statistics,
        logger,
      }),
    index: (spec, queries) => {
      const { index: name, namespace } = spec.target;
      const index = new VectorIndex({ ...pinecone, index: name, namespace });
      const count = (signal: AbortSignal) => index.count(signal);
      const rows = new IndexedRows(forRows.reads, spec);
      const keywords = new KeywordSearch(forKeywords.reads, spec, rows);
      const records = new Figure(count, { keepMs });
      const parts = { queries, keywords, rows, statistics };
      return {
        spec,
        queries,
        index,
        rows,
        records,
        recordsLately: new Figure(count, { keepMs: keepForListMs }),
        search: new Search({ ...parts, spec, index, indexed: records, logger }),
        highlights: new HighlightFinder(parts),
      };
    },
  };
  const indexes = new SearchableIndexes(connector, preferred);
  statistics.observe(() => [
    ...indexes.queries.map(({ of, queries: { dependency: state } }) => ({
      dependency: 'embedder' as const,
      of,
      state,
    })),
    ...indexes.all.map(({ spec, search }) => ({
      dependency: 'index' as const,
      of: spec.name,
      state: search.dependency,
    })),
  ]);
  return {
    indexes,
    close: async () => {
      indexes.close();
      await Promise.all([forRows.close(), forKeywords.close()]);
    },
  };
}

/** Reads in sessions of their own. */
function openReads({ primary, replicas }: SearchNeeds['database'], more: Partial<PoolOptions>) {
  const pool = createPool({ ...primary, ...more });
  const reads = new ReadPool({
    primary: pool,
    primaryUrl: primary.connectionString,
    replicas: replicas.map((options) => ({ ...options, ...more })),
  });
  return {
    reads,
    close: () => {
      reads.close();
      return pool.end();
    },
  };
}
