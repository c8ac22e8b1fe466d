import { z } from './zod.ts';

/** Pinecone answers a query with at most so many records: as far as paging goes. */
export const deepestResult = 10_000;

export const longestQuery = 1_000;

/** By meaning, by way of embedder and index; or by words, in Postgres. */
export const searchModes = ['semantic', 'keyword'] as const;
export type SearchMode = (typeof searchModes)[number];

/** What a metadata column's values are, and so how they are shown and filtered. */
export const columnKinds = ['number', 'time', 'date', 'boolean', 'list', 'text'] as const;
export type ColumnKind = (typeof columnKinds)[number];

const columnSchema = z.strictObject({ name: z.string(), kind: z.enum(columnKinds) });
export type MetadataColumn = z.infer<typeof columnSchema>;

/** Times are ISO 8601 in UTC, dates without a time. */
const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);
export type Value = z.infer<typeof valueSchema>;

/** A row that was found, by its columns' names. */
const hitSchema = z.strictObject({
  /** The cosine by meaning, a rank from 0 to 1 by words: scores compare within one answer. */
  score: z.number(),
  /** Of the row's record in the index. */
  id: z.string(),
  key: z.record(z.string(), z.string()),
  /** Each text as far as it can be marked. */
  text: z.record(z.string(), z.string().nullable()),
  metadata: z.record(z.string(), valueSchema.nullable()),
});
export type Hit = z.infer<typeof hitSchema>;

export const searchPageSchema = z.strictObject({
  /** Name of the SemanticIndex. */
  index: z.string(),
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
  /** What the results' columns are, in the order of the spec; the first of the text is its title. */
  columns: z.strictObject({
    key: z.array(z.string()),
    text: z.array(z.string()),
    metadata: z.array(columnSchema),
  }),
  /** Best first. A row that was deleted or changed a moment ago is left out, so a page may hold fewer than its size. */
  results: z.array(hitSchema),
  /** Where the time went, in milliseconds. */
  tookMs: z.strictObject({
    embed: z.number(),
    index: z.number(),
    keywords: z.number(),
    rows: z.number(),
  }),
});
export type SearchPage = z.infer<typeof searchPageSchema>;

/** Results of one request for highlights. */
export const mostHighlighted = 50;

/** A part of a row's text that matches, from `start` up to, not including, `end`, as JavaScript counts. */
const markSchema = z.strictObject({
  /** Column of the text. */
  field: z.string(),
  start: z.int().nonnegative(),
  end: z.int().positive(),
  /** What stands there, to tell whether the text is still the same. */
  text: z.string(),
});
export type Mark = z.infer<typeof markSchema>;

export const highlightsSchema = z.strictObject({
  /** How the marks were found: the sentence nearest in meaning, or what has the query's words. */
  by: z.enum(['meaning', 'words']),
  /** Results without a mark are left out. */
  highlights: z.array(
    z.strictObject({
      id: z.string(),
      marks: z.array(markSchema),
      /** How well the marked sentence matches, from 0 to 1; null where single words are marked. */
      score: z.number().nullable(),
    }),
  ),
});
export type Highlights = z.infer<typeof highlightsSchema>;
