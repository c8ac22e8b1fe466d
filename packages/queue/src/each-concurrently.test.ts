import { expect, test } from 'vitest';
import { eachConcurrently } from './each-concurrently.ts';

test('works on each item once, on at most so many at a time', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await eachConcurrently([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

test('fails only when nothing is under way any more', async () => {
  const slow = Promise.withResolvers<undefined>();
  let settled = false;
  const outcome = eachConcurrently([0, 1], 2, async (item) => {
    if (item === 0) throw new Error('first');
    await slow.promise;
    settled = true;
  });
  setImmediate(() => slow.resolve(undefined));
  await expect(outcome).rejects.toThrow('first');
  expect(settled).toBe(true);
});
