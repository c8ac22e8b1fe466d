import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRefreshRequest, encodeRefreshRequests } from './refresh-request.ts';

const sqsLimit = 1_048_576;
const id = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 600 }),
  fc.integer({ min: 1, max: 8_000 }).map((length) => '\ud83d'.repeat(length)),
);

test('every id is asked for once, in order, in messages that SQS takes', () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 1_200 }), (ids) => {
      const bodies = encodeRefreshRequests('products', ids);
      const requests = bodies.map(decodeRefreshRequest);
      expect(requests.flatMap((request) => request.ids)).toEqual(ids);
      for (const request of requests) {
        expect(request.index).toBe('products');
        expect(request.ids.length).toBeLessThanOrEqual(500);
      }
      for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(sqsLimit);
    }),
    { numRuns: 30 },
  );
});

test('many ids share a message', () => {
  const ids = Array.from({ length: 1_001 }, (_, row) => String(row));
  expect(encodeRefreshRequests('products', ids)).toHaveLength(3);
  expect(encodeRefreshRequests('products', [])).toEqual([]);
});

test.each([
  ['', /not JSON/],
  ['null', /not a refresh request/],
  ['{"ids":["1"]}', /index: /],
  ['{"index":"products"}', /ids: /],
  ['{"index":"products","ids":[]}', /ids: /],
  ['{"index":"products","ids":["1",""]}', /ids\.1: /],
])('says what is wrong with %s', (body, fault) => {
  expect(() => decodeRefreshRequest(body)).toThrow(fault);
  expect(() => decodeRefreshRequest(body)).toThrow(
    expect.objectContaining({ name: 'PermanentError' }) as Error,
  );
});
