import { encode } from 'gpt-tokenizer/encoding/cl100k_base';

/** Most tokens of one embedding input, below OpenAI's 8,192 by a margin for where the windows meet. */
const maxTokens = 8_000;
/** A token is at least one byte, so a text of at most so many bytes needs no counting. */
const surelyFits = 8_191;
/**
 * Characters tokenized at once. Byte-pair merging is quadratic in the length of an unbroken run, which a row may
 * well hold: 65,536 times "a" took seconds in one piece and take milliseconds in windows.
 */
const window = 512;

/** Cuts a text to what an embedding request takes. */
export function boundText(text: string): { text: string; cut: boolean } {
  if (text.length <= surelyFits && Buffer.byteLength(text) <= surelyFits)
    return { text, cut: false };
  let tokens = 0;
  let end = 0;
  while (end < text.length) {
    const next = windowEnd(text, end);
    tokens += encode(text.slice(end, next), { disallowedSpecial: new Set() }).length;
    if (tokens > maxTokens) return { text: text.slice(0, end), cut: true };
    end = next;
  }
  return { text, cut: false };
}

/** Never between the halves of a surrogate pair. */
function windowEnd(text: string, start: number): number {
  const end = Math.min(start + window, text.length);
  const last = text.charCodeAt(end - 1);
  const splitsPair = end < text.length && last >= 0xd800 && last <= 0xdbff;
  return splitsPair ? end - 1 : end;
}
