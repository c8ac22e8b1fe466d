import type {
  DeletedProduct,
  NewProduct,
  ProductChange,
  ProductPage,
  SavedProduct,
  SortableColumn,
  Sync,
} from '../../../shared/product.ts';
import { ask, body, withQuery } from '../api.ts';

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
