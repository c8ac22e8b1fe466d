/** The cosine of the angle between two vectors, from -1 to 1; 0 where one of them has no direction. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let squaresOfA = 0;
  let squaresOfB = 0;
  for (const [position, x] of a.entries()) {
    const y = b[position] ?? 0;
    dot += x * y;
    squaresOfA += x * x;
    squaresOfB += y * y;
  }
  const lengths = Math.sqrt(squaresOfA * squaresOfB);
  return lengths === 0 ? 0 : Math.max(-1, Math.min(1, dot / lengths));
}

/** Letters that two words must begin with alike to count as forms of one. */
const stem = 4;

/** The share of a query's words, from 0 to 1, that a text has in some form. Words of one or two letters say nothing. */
export function wordOverlap(query: string, text: string): number {
  const wanted = stemsOf(query);
  if (wanted.size === 0) return 0;
  const there = stemsOf(text);
  return [...wanted].filter((word) => there.has(word)).length / wanted.size;
}

function stemsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return new Set(words.map((word) => word.slice(0, stem)));
}
