/** What stays of a text when a value is left out, those before it being left out too. */
export interface Without {
  /** Whether the value is there, as Helm asks it. */
  condition: string;
  lines: readonly string[];
}

/**
 * Lines of a text that has all values, each inside the condition under which it is there.
 *
 * @throws Error where a value takes lines away: it may only add.
 */
export function conditional(full: readonly string[], withouts: readonly Without[]): string[] {
  const conditions = new Map<number, string>();
  let left = full.map((line, index) => ({ line, index }));
  for (const { condition, lines } of withouts) {
    const isCommon = commonLines(
      left.map(({ line }) => line),
      lines,
    );
    for (const [at, { index }] of left.entries()) {
      if (!isCommon[at]) conditions.set(index, condition);
    }
    left = left.filter((_line, at) => isCommon[at]);
  }
  return full.flatMap((line, index) => {
    const condition = conditions.get(index);
    const opens = condition !== undefined && condition !== conditions.get(index - 1);
    const closes = condition !== undefined && condition !== conditions.get(index + 1);
    return [...(opens ? [`{{- if ${condition} }}`] : []), line, ...(closes ? ['{{- end }}'] : [])];
  });
}

/** For each line of `full` whether it is one of `reduced`, by their longest common subsequence. */
function commonLines(full: readonly string[], reduced: readonly string[]): boolean[] {
  const lengths = Array.from(
    { length: full.length + 1 },
    () => new Uint16Array(reduced.length + 1),
  );
  const lengthAt = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = full.length - 1; i >= 0; i -= 1) {
    const row = lengths[i];
    for (let j = reduced.length - 1; row !== undefined && j >= 0; j -= 1) {
      row[j] =
        full[i] === reduced[j]
          ? lengthAt(i + 1, j + 1) + 1
          : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  if (lengthAt(0, 0) !== reduced.length) {
    const lost = reduced.filter((line) => !full.includes(line));
    throw new Error(
      `A value takes lines away, and a condition can only add some:\n${lost.join('\n')}`,
    );
  }
  let j = 0;
  // The first of equal lines, as long as the rest still finds a place.
  return full.map((line, i) => {
    const isCommon = line === reduced[j] && lengthAt(i + 1, j + 1) === reduced.length - j - 1;
    if (isCommon) j += 1;
    return isCommon;
  });
}
