import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactSearch } from './exact-search.ts';
import { Namespace } from './namespace.ts';

const DIMENSION = 6;
const vector = fc
  .array(fc.integer({ min: -20, max: 20 }), { minLength: DIMENSION, maxLength: DIMENSION })
  .filter((values) => values.some((value) => value !== 0))
  .map((values) => Float32Array.from(values));

const formulas = {
  dotproduct: (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0),
  euclidean: (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + (x - (b[i] ?? 0)) ** 2, 0),
  cosine: (a: number[], b: number[]): number =>
    formulas.dotproduct(a, b) / Math.hypot(...a) / Math.hypot(...b),
};

test.each(['cosine', 'dotproduct', 'euclidean'] as const)(
  '%s: gives the scores that sorting everything gives',
  (metric) => {
    fc.assert(
      fc.property(
        fc.array(vector, { maxLength: 60 }),
        fc.uniqueArray(fc.nat({ max: 59 }), { maxLength: 20 }),
        vector,
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        (vectors, deleted, query, topK, filtered) => {
          const space = new Namespace(DIMENSION);
          vectors.forEach((values, i) => space.upsert(`v${i}`, values, { even: i % 2 === 0 }));
          for (const i of deleted) space.delete(`v${i}`);
          // Into the rows that became free.
          space.upsert('late', query, { even: true });
          const accepts = filtered ? (m: Record<string, unknown>) => m.even === true : undefined;

          const found = exactSearch(space, query, topK, metric, accepts);

          const rows = [...vectors.entries()]
            .filter(([i]) => !deleted.includes(i) && (!filtered || i % 2 === 0))
            .map(([, values]) => values);
          const score = (values: Float32Array) => formulas[metric]([...query], [...values]);
          const wanted = [...rows, query].map(score).sort((a, b) => b - a);
          if (metric === 'euclidean') wanted.reverse();
          expect(found.length).toBe(Math.min(topK, wanted.length));
          found.forEach((match, i) => {
            expect(match.score).toBeCloseTo(wanted[i] ?? NaN, 6);
            const id = space.ids[match.row] ?? '';
            expect(score(space.get(id)?.values ?? query)).toBeCloseTo(match.score, 6);
          });
          expect(new Set(found.map((match) => match.row)).size).toBe(found.length);
        },
      ),
    );
  },
);

test('goes through every block', () => {
  const space = new Namespace(2);
  for (let i = 0; i < 10_000; i++) {
    space.upsert(`v${i}`, new Float32Array([Math.cos(i / 7000), Math.sin(i / 7000)]), {});
  }
  const at = (i: number) => new Float32Array([Math.cos(i / 7000), Math.sin(i / 7000)]);
  for (const i of [0, 4095, 4096, 9999]) {
    const [best] = exactSearch(space, at(i), 1, 'euclidean');
    expect(space.ids[best?.row ?? -1]).toBe(`v${i}`);
  }
});
