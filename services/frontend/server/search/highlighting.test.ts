import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markEnd, markStart } from './keyword-search.ts';
import { cosine, wordOverlap } from './likeness.ts';
import { readMarks } from './marked-words.ts';
import { splitIntoSentences } from './sentences.ts';

test('sentences stand in the text where they say, in order', () => {
  const text = fc
    .array(fc.constantFrom('One.', ' ', '\n', 'Is it 3.5 cm?', '…', '🦤!', 'Ja', '"No."'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (given) => {
      let behind = 0;
      for (const { start, end, text: sentence } of splitIntoSentences(given)) {
        expect(given.slice(start, end)).toBe(sentence);
        expect(sentence.trim()).toBe(sentence);
        expect(start).toBeGreaterThanOrEqual(behind);
        behind = end;
      }
    }),
  );
  expect(
    splitIntoSentences(' Blue kettle. Holds 1.5 l!  *** ').map(({ text: one }) => one),
  ).toEqual(['Blue kettle.', 'Holds 1.5 l!']);
});

test('marks are read back where they were set', () => {
  const part = fc.record({ text: fc.string({ unit: 'grapheme' }), isMarked: fc.boolean() });
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const plain = parts.map(({ text }) => text).join('');
      const marked = parts
        .map(({ text, isMarked }) => (isMarked ? `${markStart}${text}${markEnd}` : text))
        .join('');
      const marks = readMarks(marked, 'name');
      expect(marks.map(({ text }) => text)).toEqual(
        parts.filter(({ isMarked }) => isMarked).map(({ text }) => text),
      );
      for (const { start, end, text } of marks) expect(plain.slice(start, end)).toBe(text);
    }),
  );
});

test('likeness is from the same to nothing in common', () => {
  const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(numbers, numbers, (some, others) => {
      const [a, b] = [Float32Array.from(some), Float32Array.from(others)];
      expect(cosine(a, b)).toBeCloseTo(cosine(b, a), 9);
      expect(Math.abs(cosine(a, b))).toBeLessThanOrEqual(1);
      expect(cosine(a, a)).toBeCloseTo(some.some((value) => value !== 0) ? 1 : 0, 9);
    }),
  );
  expect(wordOverlap('keeps drinks hot', 'Drinking it hot is keeping warm')).toBe(1);
  expect(wordOverlap('keeps drinks hot', 'A cold drink')).toBeCloseTo(1 / 3);
  expect(wordOverlap('an ox', 'an ox')).toBe(0);
});
