import { UnansweredError } from './failures.ts';

/**
 * Does the work for each item, so many at once. After a failure no further item is begun, and it is thrown
 * once what was under way has ended: whoever retries then does not race with an earlier attempt. Of several failures
 * one without an answer is thrown: the others leave nothing open.
 */
export async function forEachBounded<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items.values();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const item of queue) {
      await work(item).catch((error: unknown) => failures.push(error));
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (failures.length === 0) return;
  throw failures.find((failure) => failure instanceof UnansweredError) ?? failures[0];
}
