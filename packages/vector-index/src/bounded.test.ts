import { expect, test } from 'vitest';
import { forEachBounded } from './bounded.ts';
import { UnansweredError } from './failures.ts';

test('does the work for every item, so many at once', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, (running += 1));
    await Promise.resolve();
    running -= 1;
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

test('begins nothing after a failure, and throws it only when nothing is under way', async () => {
  const begun: number[] = [];
  const slow = Promise.withResolvers<undefined>();
  let settled = false;
  const outcome = forEachBounded([1, 2, 3, 4], 2, (item) => {
    begun.push(item);
    return item === 1 ? Promise.reject(new Error('refused')) : slow.promise;
  }).finally(() => (settled = true));
  await new Promise(setImmediate);
  expect(settled).toBe(false);
  slow.resolve(undefined);
  await expect(outcome).rejects.toThrow('refused');
  expect(begun).toEqual([1, 2]);
});

test('of several failures, one without an answer is thrown', async () => {
  const outcome = forEachBounded([1, 2], 2, (item) =>
    Promise.reject(item === 1 ? new Error('refused') : new UnansweredError('lost')),
  );
  await expect(outcome).rejects.toThrow('lost');
});
