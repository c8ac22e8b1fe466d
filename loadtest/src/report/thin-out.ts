/** A value at a time, in seconds; null when there was none. */
export interface Point {
  seconds: number;
  value: number | null;
}

/**
 * At most `most` points, each for an equal part of the time: the highest value of its part, so that no peak is lost.
 * A part without any value stays a gap.
 */
export function thinOut(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const first = points[0]?.seconds ?? 0;
  const span = (points.at(-1)?.seconds ?? 0) - first || 1;
  const parts = new Map<number, Point>();
  for (const point of points) {
    const part = Math.min(most - 1, Math.floor(((point.seconds - first) / span) * most));
    const highest = parts.get(part);
    if (highest === undefined || (point.value ?? -Infinity) > (highest.value ?? -Infinity)) {
      parts.set(part, point);
    }
  }
  return [...parts.values()];
}
