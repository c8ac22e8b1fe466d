import { z } from './zod.ts';

/** Rows of one request, which are one transaction. */
export const mostImportRows = 1_000;

export const productImportSchema = z.strictObject({
  /** What becomes of a product whose SKU is there already. */
  existing: z.enum(['update', 'skip'], { error: 'existing must be update or skip' }),
  rows: z
    .array(
      z.strictObject({
        /** In the file, for what is said of it. */
        line: z.int().positive(),
        /** Judged row by row, so that one fault does not hide the others. */
        product: z.unknown(),
      }),
    )
    .min(1)
    .max(mostImportRows, {
      error: `rows may be at most ${mostImportRows.toLocaleString('en')}: send more requests`,
    }),
});
export type ProductImport = z.infer<typeof productImportSchema>;

export const importFaultSchema = z.strictObject({ line: z.int(), message: z.string() });
export type ImportFault = z.infer<typeof importFaultSchema>;

/** What became of the rows of one request. */
export const productImportAnswerSchema = z.strictObject({
  inserted: z.int(),
  updated: z.int(),
  /** There already: equal, or to be left as they are. */
  skipped: z.int(),
  /** Not written. */
  faults: z.array(importFaultSchema),
});
export type ProductImportAnswer = z.infer<typeof productImportAnswerSchema>;
