import type {
  DeletedProduct,
  NewProduct,
  ProductChange,
  ProductPage,
  SavedProduct,
  SortableColumn,
  Sync,
} from '../../shared/product.ts';
import { problemSchema, type Problem } from '../../shared/problem.ts';
import type { SearchPage } from '../../shared/search.ts';
import type { Status } from '../../shared/status.ts';

/** The server said no, or nothing at all. The message is for the reader. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly faults: NonNullable<Problem['errors']>;

  constructor(message: string, faults: Problem['errors'] = []) {
    super(message);
    this.faults = faults;
  }
}

export const fetchStatus = (signal: AbortSignal) => ask<Status>('/api/status', { signal });

export const fetchSearch = (
  request: { q: string; page: number; pageSize: number },
  signal: AbortSignal,
) => ask<SearchPage>(withQuery('/api/search', request), { signal });

export const fetchProducts = (
  request: { page: number; pageSize: number; sort: SortableColumn; order: 'asc' | 'desc' },
  signal: AbortSignal,
) => ask<ProductPage>(withQuery('/api/products', request), { signal });

export const addProduct = (product: NewProduct) =>
  ask<SavedProduct>('/api/products', body('POST', product));

export const saveProduct = (id: number, change: ProductChange) =>
  ask<SavedProduct>(`/api/products/${id}`, body('PATCH', change));

export const deleteProduct = (id: number) =>
  ask<DeletedProduct>(`/api/products/${id}`, { method: 'DELETE' });

export const fetchSync = (id: number, since: number) =>
  ask<Sync>(withQuery(`/api/products/${id}/sync`, { since }), {
    signal: AbortSignal.timeout(5_000),
  });

function withQuery(path: string, query: Record<string, string | number>): string {
  const pairs = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return `${path}?${new URLSearchParams(pairs).toString()}`;
}

function body(method: string, content: object): RequestInit {
  return {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(content),
  };
}

/** @throws ApiError; or the signal's reason when it ends the call. */
async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError('The server does not answer. Is it running?');
  }
  const content: unknown = await response.json().catch(() => undefined);
  if (response.ok) return content as T;
  const problem = problemSchema.safeParse(content).data;
  throw new ApiError(
    problem?.detail ?? `The server answered with status ${response.status}.`,
    problem?.errors,
  );
}
