import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packBySize } from './pack-by-size.ts';

const sizes = fc.array(fc.nat({ max: 120 }), { maxLength: 200 });
const limits = fc.record({
  items: fc.integer({ min: 1, max: 20 }),
  bytes: fc.integer({ min: 1, max: 200 }),
});
const pack = (items: number[], within: { items: number; bytes: number }) =>
  packBySize(items, (size) => size, within);

test('every item is in exactly one pack, in order', () => {
  fc.assert(
    fc.property(sizes, limits, (items, within) => {
      expect(pack(items, within).flat()).toEqual(items);
    }),
  );
});

test('every pack keeps both limits, save a single item that is too large by itself', () => {
  fc.assert(
    fc.property(sizes, limits, (items, within) => {
      for (const run of pack(items, within)) {
        const bytes = run.reduce((sum, size) => sum + size, 0);
        expect(run.length).toBeGreaterThan(0);
        expect(run.length).toBeLessThanOrEqual(within.items);
        if (run.length > 1) expect(bytes).toBeLessThanOrEqual(within.bytes);
      }
    }),
  );
});

test('no pack could have taken the first item of the next', () => {
  fc.assert(
    fc.property(sizes, limits, (items, within) => {
      const packs = pack(items, within);
      packs.slice(1).forEach((run, i) => {
        const before = packs[i] ?? [];
        const bytes = before.reduce((sum, size) => sum + size, run[0] ?? 0);
        expect(before.length === within.items || bytes > within.bytes).toBe(true);
      });
    }),
  );
});
