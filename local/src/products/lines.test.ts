import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateProducts, type Product } from './generate-products.ts';
import { copyLine, csvLine, linesOf } from './lines.ts';

const position = fc.integer({ min: 0, max: 1_000_000_000 });
const seed = fc.integer({ min: 0, max: 1_000_000_000 });

const textOf = (sample: { count: number; seed: number; from?: number }) =>
  [...linesOf(generateProducts(sample), copyLine)].join('');

test('the text is the same in whatever parts it is asked for', () => {
  const length = fc.integer({ min: 0, max: 1_500 });
  fc.assert(
    fc.property(seed, position, length, length, (seed, from, first, second) => {
      const whole = textOf({ seed, from, count: first + second });
      const parts =
        textOf({ seed, from, count: first }) + textOf({ seed, from: from + first, count: second });
      expect(parts).toBe(whole);
    }),
    { numRuns: 20 },
  );
});

test('every row is told of, by the thousand', () => {
  const told: number[] = [];
  const rows = generateProducts({ count: 2_001, seed: 1 });
  const chunks = [...linesOf(rows, csvLine, (count) => told.push(count))];
  expect(told).toEqual([1_000, 2_000, 2_001]);
  expect(chunks).toHaveLength(3);
});

test('any product of any seed is one line of six values that need no escape', () => {
  fc.assert(
    fc.property(position, seed, (from, seed) => {
      const line = textOf({ count: 1, seed, from });
      expect(line.slice(0, -1).split('\t')).toHaveLength(6);
      expect(line.slice(0, -1)).not.toMatch(/[\\\n\r]/);
      expect(line.endsWith('\n')).toBe(true);
    }),
  );
});

test('a name of whatever characters is read back out of CSV', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const product: Product = {
        ...{ name, sku: 'A-1', description: '', price: 1, uuid: 'u' },
        lastUpdated: new Date(0),
      };
      const field = /^"(?<name>(?:[^"]|"")*)",A-1,"",1\.00,/.exec(csvLine(product));
      expect(field?.groups?.name?.replaceAll('""', '"')).toBe(name);
    }),
  );
});
