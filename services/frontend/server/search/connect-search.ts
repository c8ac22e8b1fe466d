import type { Embedder } from '@aviary/embedding';
import { ReadPool, createPool, type PoolOptions } from '@aviary/postgres';
import type { Logger, Registry } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import type { VectorIndex } from '@aviary/vector-index';
import type { Figure } from '../pipeline/figure.ts';
import type { ProductTable } from '../products/product-table.ts';
import { HighlightFinder } from './highlights.ts';
import { KeywordSearch, keywordSessions } from './keyword-search.ts';
import { SearchStatistics } from './search-statistics.ts';
import { Search } from './search.ts';

/** Keyword searches at once: they cost Postgres more than anything else, and must not take all of its time. */
const keywordConnections = 4;

export interface SearchNeeds {
  spec: SemanticIndex;
  embedder: Embedder;
  index: VectorIndex;
  table: ProductTable;
  /** Records in the index. */
  indexed: Figure<number>;
  database: { primary: PoolOptions; replicas: readonly PoolOptions[] };
  logger: Logger;
  metrics: Registry;
}

export function connectSearch(needs: SearchNeeds): {
  search: Search;
  highlights: HighlightFinder;
  close: () => Promise<void>;
} {
  const { database, metrics, ...rest } = needs;
  const forKeywords = (options: PoolOptions) => ({
    ...options,
    ...keywordSessions,
    max: keywordConnections,
  });
  const primary = createPool(forKeywords(database.primary));
  const reads = new ReadPool({
    primary,
    primaryUrl: database.primary.connectionString,
    replicas: database.replicas.map(forKeywords),
  });
  const keywords = new KeywordSearch(reads, needs.spec);
  const statistics = new SearchStatistics(metrics);
  const search = new Search({ ...rest, keywords, statistics });
  return {
    search,
    highlights: new HighlightFinder({ ...rest, search, keywords, statistics }),
    close: () => {
      search.close();
      reads.close();
      return primary.end();
    },
  };
}
