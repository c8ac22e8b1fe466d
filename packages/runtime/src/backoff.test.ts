import { expect, test } from 'vitest';
import { retry, sleep } from './backoff.ts';
import { PermanentError, RetryableError } from './failure.ts';

const forever = new AbortController().signal;

test('a call is repeated while it may succeed, with growing pauses', async () => {
  const pauses: number[] = [];
  let calls = 0;
  const result = await retry(
    () => {
      calls += 1;
      return calls < 5 ? Promise.reject(new RetryableError('away')) : Promise.resolve('done');
    },
    { signal: forever, firstMs: 2, maxMs: 8, onRetry: (_, pauseMs) => pauses.push(pauseMs) },
  );
  expect(result).toBe('done');
  for (const [position, ceiling] of [2, 4, 8, 8].entries()) {
    expect(pauses[position]).toBeGreaterThanOrEqual(ceiling / 2);
    expect(pauses[position]).toBeLessThanOrEqual(ceiling);
  }
});

test('the pause is at least what the other side asked for', async () => {
  const pauses: number[] = [];
  let calls = 0;
  await retry(
    () => {
      calls += 1;
      return calls === 1
        ? Promise.reject(new RetryableError('limit', { retryAfterMs: 20 }))
        : Promise.resolve();
    },
    { signal: forever, firstMs: 1, onRetry: (_, pauseMs) => pauses.push(pauseMs) },
  );
  expect(pauses).toEqual([20]);
});

test.each([new PermanentError('never'), new Error('a bug')])(
  '%s is thrown at once',
  async (error) => {
    let calls = 0;
    const call = () => {
      calls += 1;
      return Promise.reject(error);
    };
    await expect(retry(call, { signal: forever })).rejects.toBe(error);
    expect(calls).toBe(1);
  },
);

test('a signal ends the waiting, with its reason', async () => {
  const stop = new AbortController();
  const reason = new Error('stop');
  const waiting = retry(() => Promise.reject(new RetryableError('away')), {
    signal: stop.signal,
    firstMs: 60_000,
    onRetry: () => stop.abort(reason),
  });
  await expect(waiting).rejects.toBe(reason);
  await expect(sleep(60_000, stop.signal)).rejects.toBe(reason);
});
