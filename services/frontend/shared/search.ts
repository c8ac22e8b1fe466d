import { z } from './zod.ts';
import { productSchema } from './product.ts';

/** Pinecone answers a query with at most so many records: as far as paging goes. */
export const deepestResult = 10_000;

export const longestQuery = 1_000;

/** By meaning, by way of embedder and index; or by words, in Postgres. */
export const searchModes = ['semantic', 'keyword'] as const;
export type SearchMode = (typeof searchModes)[number];

/** Bounds of the results, each inclusive. Times are ISO 8601. */
export interface SearchFilters {
  minPrice?: number | undefined;
  maxPrice?: number | undefined;
  updatedAfter?: string | undefined;
  updatedBefore?: string | undefined;
}

export const searchPageSchema = z.strictObject({
  query: z.string(),
  page: z.int().positive(),
  pageSize: z.int().positive(),
  /** What was asked for. */
  mode: z.enum(searchModes),
  /** What answered: keywords stand in where meaning was asked for and what it needs is away. */
  answeredBy: z.enum(searchModes),
  /** Why another than what was asked for answered. */
  degraded: z.strictObject({ reason: z.string() }).nullable(),
  /** Results that paging can reach; null while the index does not say. */
  total: z.int().nonnegative().nullable(),
  /** There is a further page. */
  more: z.boolean(),
  /**
   * Best first. Scores compare within one answer: the cosine by meaning, a rank from 0 to 1 by words. A row that was
   * deleted or changed a moment ago is left out, so a page may hold fewer than its size.
   */
  results: z.array(z.strictObject({ score: z.number(), product: productSchema })),
  /** Where the time went, in milliseconds. */
  tookMs: z.strictObject({
    embed: z.number(),
    index: z.number(),
    keywords: z.number(),
    rows: z.number(),
  }),
});
export type SearchPage = z.infer<typeof searchPageSchema>;

/** Products of one request for highlights. */
export const mostHighlighted = 50;

/** A part of a product's text that matches, from `start` up to, not including, `end`, as JavaScript counts. */
const markSchema = z.strictObject({
  field: z.enum(['name', 'description']),
  start: z.int().nonnegative(),
  end: z.int().positive(),
  /** What stands there, to tell whether the text is still the same. */
  text: z.string(),
});
export type Mark = z.infer<typeof markSchema>;

export const highlightsSchema = z.strictObject({
  /** How the marks were found: the sentence nearest in meaning, or what has the query's words. */
  by: z.enum(['meaning', 'words']),
  /** Products without a mark are left out. */
  highlights: z.array(
    z.strictObject({
      id: z.int().positive(),
      marks: z.array(markSchema),
      /** How well the marked sentence matches, from 0 to 1; null where single words are marked. */
      score: z.number().nullable(),
    }),
  ),
});
export type Highlights = z.infer<typeof highlightsSchema>;
