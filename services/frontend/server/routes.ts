import { integer } from '@aviary/runtime';
import type { VectorIndex } from '@aviary/vector-index';
import type { Express, Response } from 'express';
import { z } from 'zod';
import {
  newProductSchema,
  productChangeSchema,
  sortableColumns,
  type DeletedProduct,
  type ProductPage,
  type SavedProduct,
  type Sync,
} from '../shared/product.ts';
import { deepestResult, longestQuery, type SearchPage } from '../shared/search.ts';
import type { Status } from '../shared/status.ts';
import type { ProductTable } from './product-table.ts';
import { RequestError, parseInput } from './problems.ts';
import type { Search } from './search.ts';
import { readStatus, type StatusSources } from './status-board.ts';
import { syncOf } from './sync.ts';

export interface RouteParts {
  table: ProductTable;
  index: VectorIndex;
  search: Search;
  status: StatusSources;
}

const paging = {
  page: integer({ min: 1, max: 1_000_000 }).default(1),
  pageSize: integer({ min: 1, max: 100 }).default(20),
};

const searchRequest = z.object({
  q: z
    .string({ error: 'q is missing: say what to search for' })
    .trim()
    .min(1, { error: 'q is empty: say what to search for' })
    .max(longestQuery, { error: `q may have at most ${longestQuery} characters` }),
  ...paging,
});

const listRequest = z.object({
  ...paging,
  sort: z
    .enum(sortableColumns, { error: `sort must be one of ${sortableColumns.join(', ')}` })
    .default('id'),
  order: z.enum(['asc', 'desc'], { error: 'order must be asc or desc' }).default('asc'),
});

const idRequest = z.object({ id: integer({ min: 1, max: 2_147_483_647 }) });
const syncRequest = z.object({
  since: z.coerce.number({ error: 'since must be the savedAt of a change' }).nonnegative(),
});

/** Every route of the API; openapi.yaml documents each. */
export function addRoutes(app: Express, parts: RouteParts): void {
  const { table, index, search, status } = parts;

  app.get('/api/status', async (_request, response: Response<Status>) => {
    response.json(await readStatus(status));
  });

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

  app.get('/api/products', async (request, response: Response<ProductPage>) => {
    const options = parseInput(listRequest, request.query);
    const [products, total] = await Promise.all([table.page(options), status.rows.get()]);
    const { page, pageSize } = options;
    // Until the count is known, at least what was seen.
    const seen = (page - 1) * pageSize + products.length;
    response.json({ page, pageSize, total: Math.max(total.value ?? 0, seen), products });
  });

  app.post('/api/products', async (request, response: Response<SavedProduct>) => {
    const { value: product, savedAt } = await table.insert(
      parseInput(newProductSchema, request.body),
    );
    status.rows.forget();
    response.status(201).location(`/api/products/${product.id}`).json({ product, savedAt });
  });

  app.get('/api/products/:id', async (request, response) => {
    const { id } = parseInput(idRequest, request.params);
    response.json((await table.byIds([id])).get(id) ?? absent(id));
  });

  app.patch('/api/products/:id', async (request, response: Response<SavedProduct>) => {
    const { id } = parseInput(idRequest, request.params);
    const change = parseInput(productChangeSchema, request.body);
    const { value: product, savedAt } = (await table.update(id, change)) ?? absent(id);
    response.json({ product, savedAt });
  });

  app.delete('/api/products/:id', async (request, response: Response<DeletedProduct>) => {
    const { id } = parseInput(idRequest, request.params);
    const { savedAt } = (await table.delete(id)) ?? absent(id);
    status.rows.forget();
    response.json({ id, savedAt });
  });

  app.get('/api/products/:id/sync', async (request, response: Response<Sync>) => {
    const { id } = parseInput(idRequest, request.params);
    const { since } = parseInput(syncRequest, request.query);
    response.json(await syncOf(id, since, { table, index, signal: goneSignal(response) }));
  });
}

function absent(id: number): never {
  throw new RequestError(404, `There is no product ${id}; it may have been deleted.`);
}

/** Aborts when the asker has gone before the answer. */
function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('The asker has gone.'));
  });
  return gone.signal;
}
