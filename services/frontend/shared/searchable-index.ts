import { columnKinds } from './search.ts';
import { z } from './zod.ts';

/** A SemanticIndex that can be searched, and how it is. */
const searchableIndexSchema = z.strictObject({
  name: z.string(),
  schema: z.string(),
  table: z.string(),
  model: z.string(),
  dimensions: z.int().positive(),
  /** Pinecone's index and the namespace in it that is searched now. */
  index: z.string(),
  namespace: z.string(),
  /** Whether it can be searched by words. */
  keywords: z.boolean(),
  /** In the namespace; null while the index does not say. */
  records: z.int().nonnegative().nullable(),
  /** The metadata columns, each of which is a filter; none while the table cannot be looked up. */
  filters: z.array(
    z.strictObject({
      column: z.string(),
      kind: z.enum(columnKinds),
      /** Most of the values there are of it, where these are few. */
      choices: z.array(z.string()).nullable(),
    }),
  ),
  health: z.strictObject({ ok: z.boolean(), reason: z.string().nullable() }),
});
export type SearchableIndex = z.infer<typeof searchableIndexSchema>;
export type IndexFilter = SearchableIndex['filters'][number];

export const indexListSchema = z.strictObject({
  /** The first is what is searched where none is named. */
  indexes: z.array(searchableIndexSchema),
  /** Name of the one whose rows the page edits, if there is such. */
  edited: z.string().nullable(),
});
export type IndexList = z.infer<typeof indexListSchema>;
