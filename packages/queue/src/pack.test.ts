import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packBatches } from './pack.ts';

const limit = 1_048_576;
const entry = fc
  .tuple(
    fc.constantFrom('a', 'ü', '🐦'),
    fc.oneof(fc.nat(100), fc.integer({ min: 1, max: 300_000 })),
  )
  .map(([letter, times]) => ({ body: letter.repeat(times) }));
const bytesOf = (batch: { body: string }[]) =>
  batch.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);

test('batches keep all entries in order, within the bounds of a request', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
      const batches = packBatches(entries);
      expect(batches.flat()).toEqual(entries);
      for (const [position, batch] of batches.entries()) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(10);
        if (batch.length > 1) expect(bytesOf(batch)).toBeLessThanOrEqual(limit);
        const next = batches[position + 1]?.[0];
        const isFull = batch.length === 10 || (next && bytesOf([...batch, next]) > limit);
        if (next) expect(isFull).toBe(true);
      }
    }),
    { numRuns: 30 },
  );
});

test('an entry over the bound stands alone', () => {
  const [small, huge] = [{ body: 'a' }, { body: 'a'.repeat(limit + 1) }];
  expect(packBatches([small, huge, small])).toEqual([[small], [huge], [small]]);
});
