import type { Express, Response } from 'express';
import type { IndexList } from '../../shared/searchable-index.ts';
import { listIndexes } from './index-list.ts';
import type { SearchableIndexes } from './searchable-indexes.ts';

export interface IndexRouteParts {
  indexes: SearchableIndexes;
  /** Name of the index whose rows the page edits, if there is such. */
  edited: () => string | null;
}

export function addIndexRoutes(app: Express, { indexes, edited }: IndexRouteParts): void {
  app.get('/api/indexes', async (_request, response: Response<IndexList>) => {
    response.json({ indexes: await listIndexes(indexes.all), edited: edited() });
  });
}
