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
import type { HighlightFinder } from './highlights.ts';
import type { Search } from './search.ts';

const query = z
  .string({ error: 'q is missing: say what to search for' })
  .trim()
  .min(1, { error: 'q is empty: say what to search for' })
  .max(longestQuery, { error: `q may have at most ${longestQuery} characters` })
  .refine((text) => !text.includes('\0'), { error: 'q holds a NUL character' });

const mode = z
  .enum(searchModes, { error: `mode must be one of ${searchModes.join(', ')}` })
  .default('semantic');

const price = (name: string) =>
  z
    .string()
    .regex(/^\d{1,9}(\.\d{1,2})?$/, { error: `${name} must be a price, such as 19.90` })
    .transform(Number)
    .optional();

const moment = (name: string) =>
  z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], {
      error: `${name} must be a date or a time in ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z`,
    })
    .transform((text) => Date.parse(text))
    .optional();

const searchRequest = z
  .object({
    q: query,
    mode,
    minPrice: price('minPrice'),
    maxPrice: price('maxPrice'),
    updatedAfter: moment('updatedAfter'),
    updatedBefore: moment('updatedBefore'),
    ...paging,
  })
  .refine(({ minPrice, maxPrice }) => (minPrice ?? 0) <= (maxPrice ?? Infinity), {
    path: ['minPrice'],
    error: 'minPrice is above maxPrice: no price is both',
  })
  .refine(
    ({ updatedAfter, updatedBefore }) => (updatedAfter ?? -Infinity) <= (updatedBefore ?? Infinity),
    { path: ['updatedAfter'], error: 'updatedAfter is later than updatedBefore: no time is both' },
  );

const highlightsRequest = z.strictObject({
  q: query,
  mode,
  ids: z
    .array(z.int().positive(), { error: 'ids must be a list of the ids of products' })
    .max(mostHighlighted, { error: `ids may name at most ${mostHighlighted} products` }),
});

export interface SearchRouteParts {
  search: Search;
  highlights: HighlightFinder;
}

export function addSearchRoutes(app: Express, { search, highlights }: SearchRouteParts): void {
  app.get('/api/search', async (request, response: Response<SearchPage>) => {
    const { q, minPrice, maxPrice, updatedAfter, updatedBefore, ...rest } = parseInput(
      searchRequest,
      request.query,
    );
    const { page, pageSize } = rest;
    if (page * pageSize > deepestResult) {
      const deepest = Math.floor(deepestResult / pageSize);
      throw new RequestError(
        400,
        `Search goes as deep as ${deepestResult.toLocaleString('en')} results: with pageSize ${pageSize}, ask for page ${deepest} at most.`,
        [{ field: 'page', message: `page may be at most ${deepest}` }],
      );
    }
    const bounds = {
      price: { min: minPrice, max: maxPrice },
      updated: { min: updatedAfter, max: updatedBefore },
    };
    response.json(await search.page({ query: q, bounds, ...rest }, goneSignal(response)));
  });

  // A POST because its input is a list; it changes nothing.
  app.post('/api/search/highlights', async (request, response: Response<Highlights>) => {
    const { q, ...rest } = parseInput(highlightsRequest, request.body);
    response.json(await highlights.find({ query: q, ...rest }, goneSignal(response)));
  });
}
