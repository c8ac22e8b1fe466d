import { z } from 'zod';
import type { AuditResult } from './result.ts';

const verdicts = {
  'in step': 'in_step',
  mended: 'mended',
  different: 'differs',
  undecided: 'undecided',
} as const;

const count = z.int();
const reportSchema = z.object({
  indexes: z.array(
    z.object({
      index: z.string(),
      verdict: z.enum(['in step', 'mended', 'different', 'undecided']),
      rows: count,
      records: count,
      missing: count,
      stale: count,
      orphaned: count,
      undecided: count,
      unindexable: count,
      seconds: z.number(),
    }),
  ),
});

/**
 * What `aviary audit --json` printed of the products.
 *
 * @throws Error when it printed something else.
 */
export function readAudit(printed: string): AuditResult {
  const { indexes } = reportSchema.parse(JSON.parse(printed));
  const products = indexes.find(({ index }) => index === 'products');
  if (!products) throw new Error('The audit said nothing of the index products.');
  const { verdict, seconds, rows, records, missing, stale, orphaned, undecided, unindexable } =
    products;
  return {
    verdict: verdicts[verdict],
    ...{ rows, records, missing, stale, orphaned, undecided, unindexable },
    seconds: Math.round(seconds * 10) / 10,
  };
}
