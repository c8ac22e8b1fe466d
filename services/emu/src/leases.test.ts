import type { ReceivedMessage } from '@aviary/queue';
import { expect, test } from 'vitest';
import { Leases } from './leases.ts';

function message(id: string, groupId: string): ReceivedMessage {
  const at = { sentAt: 0, firstReceivedAt: Date.now() + 1_000 };
  return { id, groupId, body: '', receiptHandle: `handle-${id}`, receiveCount: 1, ...at };
}

const minute = () => new Leases({ visibilityTimeoutMs: 60_000, heartbeatMs: 20_000 });

test('messages of one row that came together are one lease, in their order', () => {
  const leases = minute().hold([message('1', 'a'), message('2', 'b'), message('3', 'a')], 0);
  expect(leases.map((lease) => lease.messages.map(({ id }) => id))).toEqual([['1', '3'], ['2']]);
});

test('a second copy of a message that is held is left out, until its lease has ended', () => {
  const leases = minute();
  const [first] = leases.hold([message('1', 'a')], 0);
  expect(leases.hold([message('1', 'a')], 59_999)).toEqual([]);
  const [again] = leases.hold([message('1', 'a')], 60_000);
  expect(again?.expiresAt).toBe(120_000);
  if (first) leases.release(first);
  expect(leases.held()).toEqual([again]);
});

test('a lease counts from when SQS gave the message, not from when the answer arrived', () => {
  const leases = minute();
  const delayed = (id: string, ms: number) => ({
    ...message(id, id),
    firstReceivedAt: Date.now() - ms,
  });
  const [late] = leases.hold([delayed('1', 9_000)], 100_000);
  expect(late?.expiresAt).toBeGreaterThan(150_000);
  expect(late?.expiresAt).toBeLessThanOrEqual(151_000);
  // The clocks differ.
  expect(leases.hold([delayed('2', 900_000)], 100_000)[0]?.expiresAt).toBe(145_000);
  expect(leases.hold([delayed('3', -900_000)], 100_000)[0]?.expiresAt).toBe(160_000);
});

test('extension is due after a heartbeat, and not once the lease has ended', () => {
  const leases = minute();
  const [lease] = leases.hold([message('1', 'a')], 1_000);
  expect(leases.due(20_999)).toEqual([]);
  expect(leases.due(21_000)).toEqual([lease]);
  if (lease) leases.extended(lease, 21_000);
  expect(leases.due(40_999)).toEqual([]);
  expect(leases.due(81_000)).toEqual([]);
});

test('a write may begin while more than a quarter of the timeout is left', () => {
  const leases = minute();
  const now = performance.now();
  const [fresh] = leases.hold([message('1', 'a')], now);
  const [late] = leases.hold([message('2', 'b')], now - 45_001);
  if (!fresh || !late) throw new Error('no lease');
  expect(leases.isSafe(fresh)).toBe(true);
  expect(leases.isSafe(late)).toBe(false);
  leases.lose(fresh);
  expect(leases.isSafe(fresh)).toBe(false);
});

test('a lease is over when its time is, and when SQS says so', () => {
  const leases = minute();
  const now = performance.now();
  const [running] = leases.hold([message('1', 'a')], now);
  const [ended] = leases.hold([message('2', 'b')], now - 60_000);
  if (!running || !ended) throw new Error('no lease');
  expect(leases.isOver(running)).toBe(false);
  expect(leases.isOver(ended)).toBe(true);
  leases.lose(running);
  expect(leases.isOver(running)).toBe(true);
});

test.each([
  { what: 'first delivered', receiveCount: 1, ago: 3_600_000, redelivered: false },
  { what: 'handed back', receiveCount: 2, ago: 5_000, redelivered: false },
  {
    what: 'delivered again after a visibility timeout',
    receiveCount: 2,
    ago: 59_900,
    redelivered: true,
  },
])('a message $what: redelivered is $redelivered', ({ receiveCount, ago, redelivered }) => {
  const given = { ...message('1', 'a'), receiveCount, firstReceivedAt: Date.now() - ago };
  expect(minute().hold([message('0', 'a'), given], 0)).toMatchObject([{ redelivered }]);
});
