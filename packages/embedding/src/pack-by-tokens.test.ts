import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxInputs, maxTokens, packByTokens } from './pack-by-tokens.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }),
  fc.integer({ min: 1, max: maxTokens + 10 }).map((length) => 'é'.repeat(length / 2 + 1)),
);
const texts = fc.oneof(
  fc.array(text, { maxLength: 12 }),
  fc.integer({ min: 0, max: 3 * maxInputs }).map((length) => Array<string>(length).fill('x')),
);

test('packs cover all texts once, in order, within the limits unless one text alone exceeds them', () => {
  fc.assert(
    fc.property(texts, (given) => {
      let next = 0;
      for (const { start, end, bytes } of packByTokens(given)) {
        expect(start).toBe(next);
        expect(end).toBeGreaterThan(start);
        expect(end - start).toBeLessThanOrEqual(maxInputs);
        expect(bytes).toBe(Buffer.byteLength(given.slice(start, end).join('')));
        if (end - start > 1) expect(bytes).toBeLessThanOrEqual(maxTokens);
        next = end;
      }
      expect(next).toBe(given.length);
    }),
    { numRuns: 50 },
  );
});

test('no pack could take the first text of the next', () => {
  fc.assert(
    fc.property(texts, (given) => {
      const packs = packByTokens(given);
      for (const [index, { start, end, bytes }] of packs.slice(0, -1).entries()) {
        const following = given[packs[index + 1]?.start ?? NaN] ?? '';
        const full = end - start === maxInputs || bytes + Buffer.byteLength(following) > maxTokens;
        expect(full).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});
