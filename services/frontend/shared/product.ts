import { z } from 'zod';

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

/** The same on both sides: the page shows a fault before the server has to. */
const fields = {
  name: present('Name', 300),
  description: text('Description', 1_000_000),
  price: z
    .number({ error: 'Price must be a number' })
    .min(0, { error: 'Price may not be negative' })
    .max(priceLimit, { error: `Price may be at most ${priceLimit.toLocaleString('en')}` })
    .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, {
      error: 'Price may have two decimal places',
    }),
};

export const newProductSchema = z.strictObject({ ...fields, sku: present('SKU', 64) });
export type NewProduct = z.infer<typeof newProductSchema>;

export const productChangeSchema = z
  .strictObject(fields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, {
    error: 'The change is empty: give name, description or price',
  });
export type ProductChange = z.infer<typeof productChangeSchema>;

export const sortableColumns = ['id', 'name', 'sku', 'price', 'lastUpdated'] as const;
export type SortableColumn = (typeof sortableColumns)[number];

export const productPageSchema = z.strictObject({
  page: z.int().positive(),
  pageSize: z.int().positive(),
  /** Rows in the table; exact at most a few seconds ago. */
  total: z.int().nonnegative(),
  products: z.array(productSchema),
});
export type ProductPage = z.infer<typeof productPageSchema>;

/** `savedAt` is the database's time just before the write, in milliseconds: what /sync measures from. */
export const savedProductSchema = z.strictObject({ product: productSchema, savedAt: z.number() });
export type SavedProduct = z.infer<typeof savedProductSchema>;

export const deletedProductSchema = z.strictObject({ id: z.int(), savedAt: z.number() });
export type DeletedProduct = z.infer<typeof deletedProductSchema>;

/** Whether search shows a change yet. */
export const syncSchema = z.strictObject({
  /** The index holds this change or a later one; for a deleted row, it holds nothing any more. */
  searchable: z.boolean(),
  /** Milliseconds since the change was saved, by the database's clock. */
  elapsedMs: z.number(),
});
export type Sync = z.infer<typeof syncSchema>;
