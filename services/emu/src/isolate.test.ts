import { PermanentError, RetryableError } from '@aviary/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isolate } from './isolate.ts';

const { signal } = new AbortController();

test('finds exactly the faulty items, and does all others', async () => {
  const property = fc.asyncProperty(
    fc.uniqueArray(fc.nat(), { maxLength: 60 }),
    fc.func(fc.boolean()),
    async (items, verdict) => {
      const isFaulty = (item: number) => verdict(item);
      const done = new Set<number>();
      const faulty = await isolate(
        items,
        (part) => {
          if (part.some(isFaulty)) return Promise.reject(new PermanentError('no'));
          for (const item of part) done.add(item);
          return Promise.resolve();
        },
        signal,
      );
      expect(faulty.map(({ item }) => item)).toEqual(items.filter(isFaulty));
      expect([...done].sort()).toEqual(items.filter((item) => !isFaulty(item)).sort());
    },
  );
  await fc.assert(property);
});

test('one faulty item of 256 costs two calls for each halving', async () => {
  const items = Array.from({ length: 256 }, (_, position) => position);
  let calls = 0;
  const faulty = await isolate(
    items,
    (part) => {
      calls += 1;
      return part.includes(77) ? Promise.reject(new PermanentError('77')) : Promise.resolve();
    },
    signal,
  );
  expect(faulty).toEqual([{ item: 77, error: new PermanentError('77') }]);
  expect(calls).toBe(1 + 2 * Math.log2(256));
});

test('blames no item when the other side is away', async () => {
  const away = new RetryableError('away');
  await expect(isolate([1, 2], () => Promise.reject(away), signal)).rejects.toBe(away);
});

test('blames no item once the work is aborted', async () => {
  const stopped = new Error('stopped');
  const work = () => Promise.reject(new Error('socket closed'));
  await expect(isolate([1, 2], work, AbortSignal.abort(stopped))).rejects.toThrow('socket closed');
});
