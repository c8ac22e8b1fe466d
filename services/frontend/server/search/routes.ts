import type { Express, Response } from 'express';
import { z } from 'zod';
import { deepestResult, longestQuery, type SearchPage } from '../../shared/search.ts';
import { goneSignal } from '../gone-signal.ts';
import { paging } from '../paging.ts';
import { RequestError, parseInput } from '../problems.ts';
import type { Search } from './search.ts';

const searchRequest = z.object({
  q: z
    .string({ error: 'q is missing: say what to search for' })
    .trim()
    .min(1, { error: 'q is empty: say what to search for' })
    .max(longestQuery, { error: `q may have at most ${longestQuery} characters` }),
  ...paging,
});

export function addSearchRoutes(app: Express, { search }: { search: Search }): void {
  app.get('/api/search', async (request, response: Response<SearchPage>) => {
    const { q, page, pageSize } = parseInput(searchRequest, request.query);
    if (page * pageSize > deepestResult) {
      const deepest = Math.floor(deepestResult / pageSize);
      throw new RequestError(
        400,
        `Search goes as deep as ${deepestResult.toLocaleString('en')} results: with pageSize ${pageSize}, ask for page ${deepest} at most.`,
        [{ field: 'page', message: `page may be at most ${deepest}` }],
      );
    }
    response.json(await search.page({ query: q, page, pageSize }, goneSignal(response)));
  });
}
