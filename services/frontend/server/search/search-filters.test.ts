import type { Column } from '@aviary/source-table';
import { compileFilter } from '@aviary/local/metadata-filter';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passes, readFilters, toMetadataFilter, type Filter } from './search-filters.ts';

const column = (name: string, type: string): Column => ({ name, type, notNull: false });
const metadata = [
  column('price', 'numeric'),
  column('odd.max', 'timestamp with time zone'),
  column('new', 'boolean'),
  column('tags', 'text[]'),
  column('__proto__', 'uuid'),
];
const read = (query: string) =>
  readFilters(parse(query), { metadata, index: { name: 'things' } as never });

/** As Express gives a query string. */
function parse(query: string): Record<string, unknown> {
  const given: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of new URLSearchParams(query)) {
    given[name] = name in given ? [given[name], value].flat() : value;
  }
  return given;
}

test('a filter is a column and an operator, whatever the column is called', () => {
  expect(
    read(
      'q=a&page=2&price.max=20&price.min=-1.5&odd.max.max=1970-01-02&tags.is=a&tags.is=b&new.is=true&__proto__.is=x',
    ),
  ).toEqual([
    { column: 'price', min: -1.5, max: 20 },
    { column: 'odd.max', min: undefined, max: 86_400 },
    { column: 'tags', oneOf: ['a', 'b'] },
    { column: 'new', oneOf: [true] },
    { column: '__proto__', oneOf: ['x'] },
  ]);
  expect(read('q=a&minPrice=3')).toEqual([]);
  expect(() => read('colour.is=red')).toThrow(
    'colour.is names no metadata column of SemanticIndex "things"; it has price, odd.max, new, tags, __proto__',
  );
  expect(() => read('new.is=maybe&price.is=3')).toThrow(
    'new.is must be true or false; price.is does not fit: the column is a number, to be filtered by price.min and price.max',
  );
});

const limit = fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined });
const filters = fc
  .record({
    price: fc
      .record({ column: fc.constant('price'), min: limit, max: limit })
      // One of them is given, or there is no filter.
      .filter(({ min, max }) => min !== undefined || max !== undefined),
    tags: fc.record({
      column: fc.constant('tags'),
      oneOf: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 }),
    }),
    isNew: fc.record({
      column: fc.constant('new'),
      oneOf: fc.array(fc.boolean(), { minLength: 1 }),
    }),
    which: fc.subarray(['price', 'tags', 'isNew'] as const),
  })
  .map(({ which, ...all }) => which.map((name): Filter => all[name]));
const row = fc.record({
  price: fc.option(fc.integer({ min: 0, max: 5 })),
  tags: fc.option(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 })),
  new: fc.option(fc.boolean()),
});

test('the index and the rows hold filters against a row alike', () => {
  fc.assert(
    fc.property(filters, row, (given, values) => {
      const present = Object.entries(values).flatMap(([name, value]) =>
        value === null ? [] : [[name, value] as const],
      );
      const filter = toMetadataFilter(given);
      const inIndex = filter === undefined || compileFilter(filter)(Object.fromEntries(present));
      expect(passes(given, (name) => values[name as keyof typeof values])).toBe(inIndex);
    }),
    { numRuns: 2_000 },
  );
});
