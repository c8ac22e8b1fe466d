import type { Express, Response } from 'express';
import { z } from 'zod';
import {
  deepestResult,
  longestQuery,
  mostHighlighted,
  searchModes,
  type Highlights,
  type SearchPage,
} from '../../shared/search.ts';
import { goneSignal } from '../gone-signal.ts';
import { paging } from '../paging.ts';
import { RequestError, parseInput } from '../problems.ts';
import type { SearchableIndexes } from '../indexes/searchable-indexes.ts';
import { readFilters } from './search-filters.ts';

const query = z
  .string({ error: 'q is missing: say what to search for' })
  .trim()
  .min(1, { error: 'q is empty: say what to search for' })
  .max(longestQuery, { error: `q may have at most ${longestQuery} characters` })
  .refine((text) => !text.includes('\0'), { error: 'q holds a NUL character' });

const mode = z
  .enum(searchModes, { error: `mode must be one of ${searchModes.join(', ')}` })
  .default('semantic');

const index = z.string().max(100, { error: 'index may have at most 100 characters' }).optional();

const searchRequest = z.object({ q: query, mode, index, ...paging });

const highlightsRequest = z.strictObject({
  q: query,
  mode,
  index,
  ids: z
    .array(z.string().max(600), { error: 'ids must be a list of the ids of results' })
    .max(mostHighlighted, { error: `ids may name at most ${mostHighlighted} results` }),
});

export function addSearchRoutes(app: Express, { indexes }: { indexes: SearchableIndexes }): void {
  app.get('/api/search', async (request, response: Response<SearchPage>) => {
    const { q, index: name, ...rest } = parseInput(searchRequest, request.query);
    const { page, pageSize } = rest;
    if (page * pageSize > deepestResult) {
      const deepest = Math.floor(deepestResult / pageSize);
      throw new RequestError(
        400,
        `Search goes as deep as ${deepestResult.toLocaleString('en')} results: with pageSize ${pageSize}, ask for page ${deepest} at most.`,
        [{ field: 'page', message: `page may be at most ${deepest}` }],
      );
    }
    const { search, rows } = indexes.get(name);
    const filters = readFilters(request.query, (await rows.inspect()).table);
    response.json(await search.page({ query: q, filters, ...rest }, goneSignal(response)));
  });

  // A POST because its input is a list; it changes nothing.
  app.post('/api/search/highlights', async (request, response: Response<Highlights>) => {
    const { q, index: name, ...rest } = parseInput(highlightsRequest, request.body);
    const { highlights } = indexes.get(name);
    response.json(await highlights.find({ query: q, ...rest }, goneSignal(response)));
  });
}
