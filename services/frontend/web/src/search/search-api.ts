import type { Highlights, SearchMode, SearchPage } from '../../../shared/search.ts';
import { ask, body } from '../api.ts';
import type { Filters } from '../use-address.ts';

export interface SearchRequest {
  index: string | undefined;
  q: string;
  mode: SearchMode;
  page: number;
  pageSize: number;
  filters: Filters;
}

export function fetchSearch(request: SearchRequest, signal: AbortSignal): Promise<SearchPage> {
  const { filters, index, ...rest } = request;
  const query = new URLSearchParams(
    Object.entries(rest).map(([name, value]) => [name, String(value)]),
  );
  if (index !== undefined) query.set('index', index);
  for (const [name, values] of Object.entries(filters)) {
    for (const value of values) query.append(name, value);
  }
  return ask<SearchPage>(`/api/search?${query.toString()}`, { signal });
}

export const fetchHighlights = (
  request: { index: string; q: string; mode: SearchMode; ids: string[] },
  signal: AbortSignal,
) => ask<Highlights>('/api/search/highlights', { ...body('POST', request), signal });
