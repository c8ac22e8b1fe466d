export interface Label {
  text: string;
  /** Where it belongs, and so its left end if there is room. */
  x: number;
}

export interface PlacedLabel extends Label {
  left: number;
  /** From 0, downwards. */
  row: number;
}

/** Above what letters of system fonts take, in em: a guess that is too wide costs a row, too narrow an overlap. */
export const letterWidth = 0.6;

const gap = 10;

/** Labels from left to right, each in the first row where it overlaps none before it, and left of `right`. */
export function placeLabels(
  labels: readonly Label[],
  fontSize: number,
  right: number,
): PlacedLabel[] {
  const ends: number[] = [];
  return labels.map((label) => {
    const width = label.text.length * fontSize * letterWidth;
    const left = Math.min(label.x, right - width);
    const free = ends.findIndex((end) => end + gap <= left);
    const row = free === -1 ? ends.length : free;
    ends[row] = left + width;
    return { ...label, left, row };
  });
}
