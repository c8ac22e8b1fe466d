import { expect, test } from 'vitest';
import { readLimits, retryAfterMs } from './rate-limit-headers.ts';

test.each([
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after': '2', 'retry-after-ms': '1234' }, 1_234],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{}, undefined],
])('%j: wait %s ms', (headers: Record<string, string>, ms) => {
  expect(retryAfterMs(new Headers(headers))).toBe(ms);
});

test('limits, NaN where the server is silent', () => {
  const headers = new Headers({
    'x-ratelimit-limit-tokens': '1000000',
    'x-ratelimit-remaining-tokens': '999',
  });
  expect(readLimits(headers)).toEqual({
    tokens: { limit: 1_000_000, remaining: 999 },
    requests: { limit: NaN, remaining: NaN },
  });
});
