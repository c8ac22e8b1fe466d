import { z } from './zod.ts';
import { productSchema } from './product.ts';

/** An error as RFC 9457 problem details. */
export const problemSchema = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  /** What is wrong and what to do, for a person. */
  detail: z.string(),
  /** Every fault of the input, by field. */
  errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
  /** Of a 412: the product as it is now. */
  current: productSchema.optional(),
});
export type Problem = z.infer<typeof problemSchema>;
