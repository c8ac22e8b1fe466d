import { RetryableError } from '@aviary/runtime';
import { expect, test, vi } from 'vitest';
import { KeyQueue } from './key-queue.ts';

/** Runs a queue whose work is `work`, until it has been called so often. */
async function run(
  queue: KeyQueue,
  calls: number,
  work: (key: string, call: number) => Promise<number | undefined>,
): Promise<string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  await queue.run(async (key) => {
    seen.push(key);
    const call = seen.length;
    if (call === calls) stop.abort();
    return work(key, call);
  }, stop.signal);
  return seen;
}

const nothing = () => Promise.resolve(undefined);

test('a key that is asked for often has one turn', async () => {
  const queue = new KeyQueue({ workers: 1 });
  for (const key of ['a', 'b', 'a', 'a', 'b', 'c']) queue.add(key);
  expect(queue.depth).toBe(3);
  expect(await run(queue, 3, nothing)).toEqual(['a', 'b', 'c']);
  expect(queue.depth).toBe(0);
});

test('a key is never in work twice, and has another turn when it is asked for meanwhile', async () => {
  const queue = new KeyQueue({ workers: 4 });
  const [inWork, most] = [new Map<string, number>(), { same: 0, all: 0 }];
  for (const key of ['a', 'b']) queue.add(key);
  const seen = await run(queue, 8, async (key) => {
    inWork.set(key, (inWork.get(key) ?? 0) + 1);
    most.same = Math.max(most.same, inWork.get(key) ?? 0);
    most.all = Math.max(
      most.all,
      [...inWork.values()].reduce((sum, count) => sum + count),
    );
    queue.add(key);
    await new Promise((resolve) => setImmediate(resolve));
    inWork.set(key, (inWork.get(key) ?? 0) - 1);
    return undefined;
  });
  expect(most).toEqual({ same: 1, all: 2 });
  expect(new Set(seen)).toEqual(new Set(['a', 'b']));
});

test('looks again when it was told to, at the earliest time that was asked for', async () => {
  const queue = new KeyQueue({ workers: 1 });
  queue.addAfter('later', 60_000);
  queue.addAfter('soon', 60_000);
  queue.addAfter('soon', 5);
  expect(await run(queue, 1, nothing)).toEqual(['soon']);
});

test('failures are tried again after pauses that grow, with jitter, and are forgotten by a success', async () => {
  const pauses: number[] = [];
  const queue = new KeyQueue({
    workers: 1,
    firstPauseMs: 8,
    longestPauseMs: 64,
    onFailure: (_key, _error, pauseMs) => pauses.push(pauseMs),
  });
  queue.add('a');
  await run(queue, 8, (_key, call) => {
    if (call === 6) return Promise.resolve(1);
    throw new Error('away');
  });
  const [ceilings, bounded] = [[8, 16, 32, 64, 64, 8], pauses.slice(0, 6)];
  for (const [position, pauseMs] of bounded.entries()) {
    const ceiling = ceilings[position] ?? 0;
    expect(pauseMs).toBeGreaterThanOrEqual(ceiling / 2);
    expect(pauseMs).toBeLessThanOrEqual(ceiling);
  }
  expect(bounded).toHaveLength(6);
});

test('waits as long as the other side asked for', async () => {
  const onFailure = vi.fn();
  const queue = new KeyQueue({ workers: 1, firstPauseMs: 1, onFailure });
  queue.add('a');
  await run(queue, 2, () => {
    throw new RetryableError('limited', { retryAfterMs: 50 });
  });
  expect(onFailure).toHaveBeenCalledWith('a', expect.any(RetryableError), 50);
});
