import type { Express, Response } from 'express';
import { z } from 'zod';
import {
  mostCounted,
  newProductSchema,
  productChangeSchema,
  productSchema,
  sortableColumns,
  type ProductFilter,
  type ProductPage,
  type SavedProduct,
} from '../../shared/product.ts';
import { paging } from '../paging.ts';
import type { Figure } from '../pipeline/figure.ts';
import { RequestError, parseInput } from '../problems.ts';
import { versionFrom } from './if-match.ts';
import { addImportRoute } from './import-route.ts';
import { addJourneyRoute } from './journey-route.ts';
import { productId } from './product-id.ts';
import type { PageRequest, WriteOutcome } from './product-table.ts';
import type { ProductsDesk } from './products-desk.ts';

const price = (name: string) =>
  z.coerce.number({ error: `${name} must be a number` }).nonnegative({
    error: `${name} may not be negative`,
  });
const moment = (name: string) =>
  z.iso.datetime({ offset: true, error: `${name} must be a time such as 2026-01-31T00:00:00Z` });

const listRequest = z.object({
  ...paging,
  sort: z
    .enum(sortableColumns, { error: `sort must be one of ${sortableColumns.join(', ')}` })
    .default('id'),
  order: z.enum(['asc', 'desc'], { error: 'order must be asc or desc' }).default('asc'),
  text: z
    .string()
    .max(200, { error: 'text may have at most 200 characters' })
    .refine((text) => !text.includes('\0'), { error: 'text holds a NUL character' })
    .optional(),
  minPrice: price('minPrice').optional(),
  maxPrice: price('maxPrice').optional(),
  updatedFrom: moment('updatedFrom').optional(),
  updatedUntil: moment('updatedUntil').optional(),
});

export interface ProductRouteParts {
  products: ProductsDesk;
  /** Counted now and then. */
  rows: Figure<number>;
}

export function addProductRoutes(app: Express, { products, rows }: ProductRouteParts): void {
  const onWrite = () => rows.forget();

  app.get('/api/products', async (request, response: Response<ProductPage>) => {
    const { page, pageSize, sort, order, ...filter } = parseInput(listRequest, request.query);
    const asked = { page, pageSize, sort, order, filter };
    const [list, restorable] = await Promise.all([
      listed(asked),
      products.current.undo.restorable(),
    ]);
    response.json({ page, pageSize, ...list, restorable });
  });

  /** Counts no further than it must: a last page says itself how many rows there are. */
  async function listed(
    asked: PageRequest,
  ): Promise<Pick<ProductPage, 'products' | 'total' | 'totalIsExact'>> {
    const { page, pageSize, filter } = asked;
    const found = await products.current.table.page(asked);
    const seen = (page - 1) * pageSize + found.length;
    if (found.length < pageSize && (found.length > 0 || page === 1)) {
      return { products: found, total: seen, totalIsExact: true };
    }
    if (!isNarrow(filter)) {
      const { value } = await rows.get();
      return { products: found, total: Math.max(value ?? 0, seen), totalIsExact: value !== null };
    }
    const counted = await products.current.table.countMatches(filter);
    const total = Math.max(Math.min(counted, mostCounted), found.length > 0 ? seen : 0);
    return { products: found, total, totalIsExact: counted <= mostCounted };
  }

  app.post('/api/products', async (request, response: Response<SavedProduct>) => {
    const saved = await products.current.table.insert(parseInput(newProductSchema, request.body));
    onWrite();
    response.status(201).location(`/api/products/${saved.product.id}`);
    answer(response, saved);
  });

  app.get('/api/products/:id', async (request, response) => {
    const { id } = parseInput(productId, request.params);
    const product = (await products.current.table.byIds([id])).get(id) ?? absent(id);
    response.setHeader('etag', `"${product.version}"`);
    response.json(product);
  });

  app.patch('/api/products/:id', async (request, response: Response<SavedProduct>) => {
    const { id } = parseInput(productId, request.params);
    const version = versionFrom(request);
    const change = parseInput(productChangeSchema, request.body);
    answer(response, written(id, await products.current.table.update(id, change, version)));
  });

  app.delete('/api/products/:id', async (request, response: Response<SavedProduct>) => {
    const { id } = parseInput(productId, request.params);
    const deleted = written(id, await products.current.table.delete(id, versionFrom(request)));
    onWrite();
    response.json(deleted);
  });

  app.post('/api/products/:id/restore', async (request, response: Response<SavedProduct>) => {
    const { id } = parseInput(productId, request.params);
    const product = parseInput(productSchema, request.body);
    if (product.id !== id) {
      throw new RequestError(
        400,
        `The product's id is ${product.id}, and the address says ${id}.`,
        [{ field: 'id', message: `id must be ${id}` }],
      );
    }
    const restored = await products.current.undo.restore(product);
    if ('taken' in restored) {
      throw new RequestError(
        409,
        restored.taken === 'id'
          ? `There is a product ${id}: it was put back already.`
          : `Another product has the SKU ${product.sku ?? ''} by now.`,
      );
    }
    onWrite();
    answer(response, restored);
  });

  addImportRoute(app, { products, onWrite });
  addJourneyRoute(app, products);
}

function answer(response: Response<SavedProduct>, saved: SavedProduct): void {
  response.setHeader('etag', `"${saved.product.version}"`);
  response.json(saved);
}

function written(id: number, outcome: WriteOutcome): SavedProduct {
  if ('savedAt' in outcome) return outcome;
  const current = outcome.current ?? absent(id);
  throw new RequestError(
    412,
    `Product ${id} was changed meanwhile: look at it as it is now, then decide.`,
    undefined,
    current,
  );
}

function absent(id: number): never {
  throw new RequestError(404, `There is no product ${id}; it may have been deleted.`);
}

const isNarrow = (filter: ProductFilter) =>
  Object.values(filter).some((value) => value !== undefined && value !== '');
