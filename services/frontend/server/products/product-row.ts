import type { Product } from '../../shared/product.ts';

/** A row as {@link productColumns} reads it. */
export interface ProductRow extends Omit<Product, 'createdAt' | 'lastUpdated'> {
  createdAt: Date | null;
  lastUpdated: Date | null;
}

/** Casts make one shape of what tables differ in: integer or bigint, numeric or float, with time zone or without. */
export const productColumns = `
  id::float8 as id, name, sku, description, price::float8 as price,
  created_at::timestamptz as "createdAt", last_updated::timestamptz as "lastUpdated", uuid::text as uuid,
  xmin::text as version`;

/** The columns there may be for a deleted row to be put back whole. */
export const knownColumns = [
  ...['id', 'name', 'sku', 'description', 'price'],
  ...['created_at', 'last_updated', 'uuid'],
];

export function toProduct(row: ProductRow): Product {
  return {
    ...row,
    createdAt: row.createdAt?.toISOString() ?? null,
    lastUpdated: row.lastUpdated?.toISOString() ?? null,
  };
}
