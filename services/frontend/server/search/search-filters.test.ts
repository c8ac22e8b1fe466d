import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Product } from '../../shared/product.ts';
import { isWithin, toMetadataFilter } from './search-filters.ts';

type Operators = Partial<Record<'$gte' | '$lte', number>>;

/** Pinecone's language as far as it is used here: what is absent matches no operator. */
function passes(filter: object | undefined, metadata: Record<string, number>): boolean {
  const { $and: parts = [] } = (filter ?? {}) as { $and?: Record<string, Operators>[] };
  return parts.every((part) =>
    Object.entries(part).every(([field, { $gte = -Infinity, $lte = Infinity }]) => {
      const value = metadata[field];
      return value !== undefined && value >= $gte && value <= $lte;
    }),
  );
}

const limit = fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined });
const range = (scale: number) =>
  fc.record({
    min: limit.map((value) => value && value * scale),
    max: limit.map((value) => value && value * scale),
  });
const value = fc.option(fc.integer({ min: 0, max: 5 }), { nil: null });

test('the index and the rows hold bounds against a product alike', () => {
  fc.assert(
    fc.property(
      fc.record({ price: range(1), updated: range(86_400_000) }),
      value,
      value,
      (bounds, price, day) => {
        const product = {
          price,
          lastUpdated: day === null ? null : new Date(day * 86_400_000).toISOString(),
        } as Product;
        const metadata = {
          ...(price !== null && { price }),
          ...(day !== null && { last_updated: day * 86_400 }),
        };
        expect(isWithin(bounds, product)).toBe(passes(toMetadataFilter(bounds), metadata));
      },
    ),
    { numRuns: 2_000 },
  );
  expect(toMetadataFilter({ price: {}, updated: {} })).toBeUndefined();
});
