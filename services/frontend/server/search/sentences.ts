/** A part of a text, from `start` up to, not including, `end`. */
export interface Sentence {
  start: number;
  end: number;
  text: string;
}

/** Of a description's beginning: what follows is not looked at, in characters and in sentences. */
const longestText = 20_000;
const mostSentences = 24;

const sentenceSegmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** The sentences of a text, without the blanks around them; what has no letter and no digit is none. */
export function splitIntoSentences(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  for (const { segment, index } of sentenceSegmenter.segment(text.slice(0, longestText))) {
    const trimmed = segment.trim();
    if (!/[\p{L}\p{N}]/u.test(trimmed)) continue;
    const start = index + segment.indexOf(trimmed);
    sentences.push({ start, end: start + trimmed.length, text: trimmed });
    if (sentences.length === mostSentences) break;
  }
  return sentences;
}
