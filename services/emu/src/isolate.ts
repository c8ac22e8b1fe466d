import { RetryableError } from '@aviary/runtime';

/**
 * Does work on many items at once; where that fails for good, halves them until each faulty item stands
 * alone and all others are done. `work` is repeated with fewer items, so it must be idempotent.
 *
 * @returns the faulty items, each with its failure.
 * @throws RetryableError of `work`, and anything at all once the signal has aborted: then no item is at fault.
 */
export async function isolate<T>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<void>,
  signal: AbortSignal,
): Promise<{ item: T; error: Error }[]> {
  if (items.length === 0) return [];
  try {
    await work(items);
    return [];
  } catch (failure) {
    if (signal.aborted || failure instanceof RetryableError) throw failure;
    const error = failure instanceof Error ? failure : new Error(String(failure));
    if (items.length === 1) return items.map((item) => ({ item, error }));
    const middle = Math.ceil(items.length / 2);
    const halves = [items.slice(0, middle), items.slice(middle)];
    return (await Promise.all(halves.map((half) => isolate(half, work, signal)))).flat();
  }
}
