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
} from '../../shared/product.ts';
import { goneSignal } from '../gone-signal.ts';
import { paging } from '../paging.ts';
import type { Figure } from '../pipeline/figure.ts';
import { RequestError, parseInput } from '../problems.ts';
import type { ProductTable } from './product-table.ts';
import { syncOf } from './sync.ts';

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

export interface ProductRouteParts {
  table: ProductTable;
  index: VectorIndex;
  /** Counted now and then. */
  rows: Figure<number>;
}

export function addProductRoutes(app: Express, parts: ProductRouteParts): void {
  const { table, index, rows } = parts;

  app.get('/api/products', async (request, response: Response<ProductPage>) => {
    const options = parseInput(listRequest, request.query);
    const [products, total] = await Promise.all([table.page(options), rows.get()]);
    const { page, pageSize } = options;
    // Until the count is known, at least what was seen.
    const seen = (page - 1) * pageSize + products.length;
    response.json({ page, pageSize, total: Math.max(total.value ?? 0, seen), products });
  });

  app.post('/api/products', async (request, response: Response<SavedProduct>) => {
    const { value: product, savedAt } = await table.insert(
      parseInput(newProductSchema, request.body),
    );
    rows.forget();
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
    rows.forget();
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
