import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/cl100k_base';
import { expect, test } from 'vitest';
import { boundText } from './bound-text.ts';

const limit = 8_192;
/** Counted as OpenAI counts. */
const tokensOf = (text: string) => encode(text, { disallowedSpecial: new Set() }).length;
const hasLoneSurrogate = (text: string) => !text.isWellFormed();

test.each([
  ['short', 'A kettle for tea.'],
  ['of exactly as many bytes as there may be tokens', 'x'.repeat(8_191)],
  ['a special token', '<|endoftext|>'.repeat(10)],
  ['prose of 9,000 characters', 'The kettle whistles in the kitchen. '.repeat(250)],
])('a text is left whole: %s', (_, text) => {
  expect(boundText(text)).toEqual({ text, cut: false });
});

test.each([
  ['prose', 'The kettle whistles in the kitchen. '],
  ['emoji', '🐦‍🔥🫖'],
  ['Chinese', '漢字假名'],
  ['control characters', '\u0001\u0002'],
  ['special tokens', '<|endoftext|>'],
  ['digits', '1234567890'],
  ['combining marks', 'e\u0301\u0302\u0303'],
])('a long text of %s is cut to what one input takes, and not to much less', (_, unit) => {
  const whole = unit.repeat(Math.ceil(60_000 / unit.length));
  const { text, cut } = boundText(whole);
  expect(cut).toBe(true);
  expect(whole.startsWith(text)).toBe(true);
  expect(hasLoneSurrogate(text)).toBe(false);
  const tokens = tokensOf(text);
  expect(tokens).toBeLessThanOrEqual(limit);
  expect(tokens).toBeGreaterThan(6_000);
});

test('an unbroken run of a million characters ends within the test’s time', () => {
  const { text } = boundText('a'.repeat(1_000_000));
  expect(text.length).toBeGreaterThan(10_000);
});

test('any text keeps within the limit, and its surrogate pairs whole', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
    fc.constantFrom('🐦', ' ', '\n', 'tea ', '漢', '-', '\u0000'),
  );
  const text = fc
    .tuple(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 30_000 }))
    .map(([pieces, length]) => {
      const unit = pieces.join('');
      return unit.repeat(Math.ceil(length / unit.length));
    });
  fc.assert(
    fc.property(text, (whole) => {
      const bounded = boundText(whole);
      expect(whole.startsWith(bounded.text)).toBe(true);
      expect(bounded.cut).toBe(bounded.text.length < whole.length);
      expect(hasLoneSurrogate(bounded.text)).toBe(false);
      expect(tokensOf(bounded.text)).toBeLessThanOrEqual(limit);
    }),
    { numRuns: 40 },
  );
});
