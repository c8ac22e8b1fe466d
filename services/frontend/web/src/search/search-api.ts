import type { Highlights, SearchFilters, SearchMode, SearchPage } from '../../../shared/search.ts';
import { ask, body, withQuery } from '../api.ts';

export type SearchRequest = SearchFilters & {
  q: string;
  mode: SearchMode;
  page: number;
  pageSize: number;
};

export function fetchSearch(request: SearchRequest, signal: AbortSignal): Promise<SearchPage> {
  const given: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(request)) {
    if (value !== undefined) given[name] = value;
  }
  return ask<SearchPage>(withQuery('/api/search', given), { signal });
}

export const fetchHighlights = (
  request: { q: string; mode: SearchMode; ids: number[] },
  signal: AbortSignal,
) => ask<Highlights>('/api/search/highlights', { ...body('POST', request), signal });
