import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileFilter } from './metadata-filter.ts';
import type { Metadata, MetadataValue } from './record-rules.ts';

const field = fc.constantFrom('a', 'b', 'constructor');
const word = fc.constantFrom('x', 'y', 'z');
const scalar = fc.oneof(word, fc.integer({ min: -2, max: 2 }), fc.boolean());
const metadata: fc.Arbitrary<Metadata> = fc.dictionary(
  field,
  fc.oneof(scalar, fc.array(word, { maxLength: 3 })),
  { noNullPrototype: true },
);

interface Leaf {
  field: string;
  operator: string;
  operand: unknown;
}
type Tree = Leaf | { any: boolean; parts: Tree[] };

const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({ field, operator: fc.constantFrom('$eq', '$ne'), operand: scalar }),
  fc.record({
    field,
    operator: fc.constantFrom('$gt', '$gte', '$lt', '$lte'),
    operand: fc.integer({ min: -2, max: 2 }),
  }),
  fc.record({ field, operator: fc.constantFrom('$in', '$nin'), operand: fc.array(scalar) }),
  fc.record({ field, operator: fc.constant('$exists'), operand: fc.boolean() }),
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({
      any: fc.boolean(),
      parts: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
    }),
  ),
}));

function toFilter(of: Tree): Record<string, unknown> {
  if ('field' in of) return { [of.field]: { [of.operator]: of.operand } };
  return { [of.any ? '$or' : '$and']: of.parts.map(toFilter) };
}

/** Says the same by going through what a value may be, one case after another. */
function oracle(of: Tree, data: Metadata): boolean {
  if (!('field' in of)) {
    let passed = 0;
    for (const part of of.parts) if (oracle(part, data)) passed += 1;
    return of.any ? passed > 0 : passed === of.parts.length;
  }
  const value = Object.entries(data).find(([name]) => name === of.field)?.[1];
  const equal = (operand: unknown) => {
    const values: (MetadataValue | undefined)[] = Array.isArray(value) ? value : [value];
    return values.filter((one) => one === operand).length > 0;
  };
  const number = typeof value === 'number' ? value : NaN;
  const limit = of.operand as number;
  const list = Array.isArray(of.operand) ? (of.operand as unknown[]) : [];
  const results: Record<string, boolean> = {
    $eq: equal(of.operand),
    $ne: !equal(of.operand),
    $gt: number > limit,
    $gte: number >= limit,
    $lt: number < limit,
    $lte: number <= limit,
    $in: list.filter(equal).length > 0,
    $nin: list.filter(equal).length === 0,
    $exists: of.operand === (value !== undefined),
  };
  return results[of.operator] ?? false;
}

test('agrees with the oracle', () => {
  fc.assert(
    fc.property(tree, metadata, (of, data) => {
      expect(compileFilter(toFilter(of))(data)).toBe(oracle(of, data));
    }),
    { numRuns: 5000 },
  );
});

test('several fields and several operators mean all of them, a bare value means $eq', () => {
  const passes = compileFilter({ a: { $gte: 1, $lt: 3 }, b: 'x' });
  expect(passes({ a: 2, b: 'x' })).toBe(true);
  expect(passes({ a: 3, b: 'x' })).toBe(false);
  expect(passes({ a: 2, b: ['y', 'x'] })).toBe(true);
  expect(passes({ a: 2 })).toBe(false);
});

describe('is refused', () => {
  test.each([
    [[]],
    [{}],
    [{ $not: [] }],
    [{ $and: [] }],
    [{ $or: { a: 1 } }],
    [{ a: {} }],
    [{ a: { $like: 'x' } }],
    [{ a: null }],
    [{ a: { $gt: 'x' } }],
    [{ a: { $in: 'x' } }],
    [{ a: { $in: [null] } }],
    [{ a: { $exists: 1 } }],
  ])('%j', (filter) => {
    expect(() => compileFilter(filter)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
