import { expect, test } from 'vitest';
import { LeaseBuffer } from './lease-buffer.ts';
import type { Lease } from './leases.ts';

function lease(id: string, body = ''): Lease {
  const at = { sentAt: 0, firstReceivedAt: 0 };
  const message = { id, body, groupId: id, receiptHandle: id, receiveCount: 1, ...at };
  return { messages: [message], expiresAt: Infinity, redelivered: false, unanswered: 0 };
}

const never = new AbortController().signal;

test('gives leases in the order they came, as many as asked for', () => {
  const buffer = new LeaseBuffer({ maxLeases: 10, maxCharacters: 100 });
  const [a, b, c] = [lease('a'), lease('b'), lease('c')];
  buffer.push([a, b]);
  buffer.push([c]);
  expect(buffer.take(2)).toEqual([a, b]);
  expect(buffer.take(2)).toEqual([c]);
  expect(buffer.size).toBe(0);
});

test.each([
  { bound: 'leases', full: [lease('a'), lease('b')] },
  { bound: 'characters', full: [lease('a', 'x'.repeat(100))] },
])('is full by $bound, and tells when there is room', async ({ full }) => {
  const buffer = new LeaseBuffer({ maxLeases: 2, maxCharacters: 100 });
  await buffer.whenRoom(never);
  buffer.push(full);
  expect(buffer.isFull).toBe(true);
  const room = buffer.whenRoom(never);
  buffer.take(1);
  await room;
});

test('waiting for room ends with the signal', async () => {
  const buffer = new LeaseBuffer({ maxLeases: 1, maxCharacters: 100 });
  buffer.push([lease('a')]);
  const stop = new AbortController();
  const room = buffer.whenRoom(stop.signal);
  stop.abort();
  await expect(room).rejects.toThrow();
});
