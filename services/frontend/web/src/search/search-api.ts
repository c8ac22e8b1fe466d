import type { SearchPage } from '../../../shared/search.ts';
import { ask, withQuery } from '../api.ts';

export const fetchSearch = (
  request: { q: string; page: number; pageSize: number },
  signal: AbortSignal,
) => ask<SearchPage>(withQuery('/api/search', request), { signal });
