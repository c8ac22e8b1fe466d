/**
 * Splits items into runs, in order, each within both limits; an item that exceeds the bytes by itself gets
 * a run of its own, for the other side to refuse.
 */
export function packBySize<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  limits: { items: number; bytes: number },
): T[][] {
  const packs: T[][] = [];
  let pack: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (pack.length > 0 && (pack.length === limits.items || bytes + size > limits.bytes)) {
      packs.push(pack);
      pack = [];
      bytes = 0;
    }
    pack.push(item);
    bytes += size;
  }
  if (pack.length > 0) packs.push(pack);
  return packs;
}
