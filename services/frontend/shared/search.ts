import { z } from 'zod';
import { productSchema } from './product.ts';

/** Pinecone answers a query with at most so many records: as far as paging goes. */
export const deepestResult = 10_000;

export const longestQuery = 1_000;

export const searchPageSchema = z.strictObject({
  query: z.string(),
  page: z.int().positive(),
  pageSize: z.int().positive(),
  /** Results that paging can reach; null while the index does not say how much it holds. */
  total: z.int().nonnegative().nullable(),
  /** Nearest first. A row deleted a moment ago is left out, so a page may hold fewer than its size. */
  results: z.array(z.strictObject({ score: z.number(), product: productSchema })),
  /** Where the time went, in milliseconds. */
  tookMs: z.strictObject({ embed: z.number(), index: z.number(), rows: z.number() }),
});
export type SearchPage = z.infer<typeof searchPageSchema>;
