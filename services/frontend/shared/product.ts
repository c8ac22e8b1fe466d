import { z } from './zod.ts';

/** A row of the products table. Times are ISO 8601 in UTC. */
export const productSchema = z.strictObject({
  id: z.int().positive(),
  name: z.string(),
  sku: z.string().nullable(),
  description: z.string().nullable(),
  price: z.number().nullable(),
  createdAt: z.string().nullable(),
  lastUpdated: z.string().nullable(),
  uuid: z.string().nullable(),
  /** Another one after each write to the row: what If-Match takes. It means nothing else. */
  version: z.string(),
});
export type Product = z.infer<typeof productSchema>;

/** Postgres keeps no NUL in text. */
const text = (label: string, longest: number) =>
  z
    .string({ error: `${label} must be text` })
    .max(longest, { error: `${label} may have at most ${longest.toLocaleString('en')} characters` })
    .refine((value) => !value.includes('\0'), { error: `${label} holds a NUL character` });

const present = (label: string, longest: number) =>
  text(label, longest).refine((value) => value.trim() !== '', { error: `${label} is missing` });

const priceLimit = 99_999_999.99;

/** The fields a person sets. The same on both sides: the page shows a fault before the server has to. */
const fields = {
  name: present('Name', 300),
  sku: present('SKU', 64),
  description: text('Description', 1_000_000),
  price: z
    .number({ error: 'Price must be a number' })
    .min(0, { error: 'Price may not be negative' })
    .max(priceLimit, { error: `Price may be at most ${priceLimit.toLocaleString('en')}` })
    .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, {
      error: 'Price may have two decimal places',
    }),
};

export const editableColumns = ['name', 'sku', 'description', 'price'] as const;
export type EditableColumn = (typeof editableColumns)[number];

export const newProductSchema = z.strictObject(fields);
export type NewProduct = z.infer<typeof newProductSchema>;

export const productChangeSchema = z
  .strictObject(fields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, {
    error: 'The change is empty: give name, sku, description or price',
  });
export type ProductChange = z.infer<typeof productChangeSchema>;

export const sortableColumns = ['id', 'name', 'sku', 'price', 'lastUpdated'] as const;
export type SortableColumn = (typeof sortableColumns)[number];

/** What a page of the table may be narrowed to. */
export interface ProductFilter {
  /** Every word stands in the name, the SKU or the description. */
  text?: string | undefined;
  /** Both bounds included. */
  minPrice?: number | undefined;
  maxPrice?: number | undefined;
  /** ISO 8601; from is included, until is not. */
  updatedFrom?: string | undefined;
  updatedUntil?: string | undefined;
}

/** Matches of a filter are counted so far. */
export const mostCounted = 10_000;

export const productPageSchema = z.strictObject({
  page: z.int().positive(),
  pageSize: z.int().positive(),
  /** Rows there are, or of the filter; exact at most a few seconds ago. */
  total: z.int().nonnegative(),
  /** False where there are more of the filter: counting stops at 10,000. */
  totalIsExact: z.boolean(),
  /** Whether a deleted row can be put back whole: false where rows hold or carry along what is not shown here. */
  restorable: z.boolean(),
  products: z.array(productSchema),
});
export type ProductPage = z.infer<typeof productPageSchema>;

/**
 * A write. `savedAt` is the database's time just before it, in milliseconds: what its journey is measured from. Of a
 * deletion, the product as it was: what a restore takes.
 */
export const savedProductSchema = z.strictObject({
  product: productSchema,
  savedAt: z.number(),
  /** False where the spec names none of the columns that were changed: nothing of it goes to the index. */
  reachesSearch: z.boolean(),
});
export type SavedProduct = z.infer<typeof savedProductSchema>;
