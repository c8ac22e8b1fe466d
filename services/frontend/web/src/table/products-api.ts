import type {
  NewProduct,
  Product,
  ProductChange,
  ProductFilter,
  ProductPage,
  SavedProduct,
  SortableColumn,
} from '../../../shared/product.ts';
import type { ProductImport, ProductImportAnswer } from '../../../shared/product-import.ts';
import { ask, body, withQuery } from '../api.ts';

export interface PageRequest extends ProductFilter {
  page: number;
  pageSize: number;
  sort: SortableColumn;
  order: 'asc' | 'desc';
}

export const fetchProducts = (request: PageRequest, signal: AbortSignal) => {
  const given = Object.entries(request).filter(([, value]) => value !== undefined && value !== '');
  const query = Object.fromEntries(given) as Record<string, string | number>;
  return ask<ProductPage>(withQuery('/api/products', query), { signal });
};

export const addProduct = (product: NewProduct) =>
  ask<SavedProduct>('/api/products', body('POST', product));

/** @throws ApiError of status 412, with the current product, when another one wrote meanwhile. */
export const saveProduct = ({ id, version }: Product, change: ProductChange) =>
  ask<SavedProduct>(`/api/products/${id}`, ifMatch(version, body('PATCH', change)));

/** @throws ApiError of status 412, with the current product, when another one wrote meanwhile. */
export const deleteProduct = ({ id, version }: Product) =>
  ask<SavedProduct>(`/api/products/${id}`, ifMatch(version, { method: 'DELETE' }));

export const restoreProduct = (product: Product) =>
  ask<SavedProduct>(`/api/products/${product.id}/restore`, body('POST', product));

export const importProducts = (part: ProductImport, signal: AbortSignal) =>
  ask<ProductImportAnswer>('/api/products/import', { ...body('POST', part), signal });

export const journeyAddress = (id: number, since: number) =>
  withQuery(`/api/products/${id}/journey`, { since });

function ifMatch(version: string, init: RequestInit): RequestInit {
  return { ...init, headers: { ...init.headers, 'if-match': `"${version}"` } };
}
