import fc from 'fast-check';
import { expect, test } from 'vitest';
import { letterWidth, placeLabels } from './place-labels.ts';

const widthOf = (text: string) => text.length * 12 * letterWidth;

test('labels with room for each share a row; a crowd takes several', () => {
  const rowsAt = (...places: number[]) =>
    placeLabels(
      places.map((x) => ({ text: 'drain 10 s', x })),
      12,
      900,
    ).map(({ row }) => row);
  expect(rowsAt(0, 100, 200)).toEqual([0, 0, 0]);
  expect(rowsAt(0, 5, 10, 200)).toEqual([0, 1, 2, 0]);
});

test('no two labels overlap, and none goes beyond the right edge', () => {
  const label = fc.record({
    text: fc.string({ minLength: 1, maxLength: 20 }),
    x: fc.integer({ min: 0, max: 700 }),
  });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 12 }), (labels) => {
      const placed = placeLabels(
        labels.toSorted((one, other) => one.x - other.x),
        12,
        720,
      );
      for (const [at, one] of placed.entries()) {
        expect(one.left + widthOf(one.text)).toBeLessThanOrEqual(720 + 1e-9);
        for (const other of placed.slice(at + 1)) {
          const apart =
            one.left + widthOf(one.text) < other.left ||
            other.left + widthOf(other.text) < one.left;
          expect(one.row !== other.row || apart).toBe(true);
        }
      }
    }),
  );
});
