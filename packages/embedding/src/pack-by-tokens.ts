/** OpenAI's bounds of one embeddings request. */
export const maxInputs = 2_048;
export const maxTokens = 300_000;

/** The texts from `start` up to, not including, `end` make one request. */
export interface Pack {
  start: number;
  end: number;
  /** UTF-8 bytes of its texts. */
  bytes: number;
}

/**
 * Cuts texts into requests, in order, as few as a single pass makes. A token is at least one byte of UTF-8,
 * so bytes bound the tokens without a tokenizer. A text over the bound stands alone, for the server to judge.
 */
export function packByTokens(texts: readonly string[]): Pack[] {
  const packs: Pack[] = [];
  let pack: Pack | undefined;
  for (const [index, text] of texts.entries()) {
    const bytes = Buffer.byteLength(text);
    if (!pack || pack.end - pack.start === maxInputs || pack.bytes + bytes > maxTokens) {
      pack = { start: index, end: index, bytes: 0 };
      packs.push(pack);
    }
    pack.end = index + 1;
    pack.bytes += bytes;
  }
  return packs;
}
