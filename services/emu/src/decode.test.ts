import { encodeJob, jobFormat, type ChangeJob } from '@aviary/change-job';
import { expect, test } from 'vitest';
import { decode } from './decode.ts';
import type { Lease } from './leases.ts';

function leaseOf(...bodies: string[]): Lease {
  const messages = bodies.map((body, position) => ({
    id: String(position),
    body,
    groupId: 'row',
    receiptHandle: '',
    receiveCount: 1,
    sentAt: 0,
    firstReceivedAt: 0,
  }));
  return { messages, expiresAt: Infinity, redelivered: false, unanswered: 0 };
}

function deletion(version: number, index = 'products'): ChangeJob {
  return {
    format: jobFormat,
    op: 'delete',
    index,
    id: '7',
    version,
    changedAt: 0,
    publishBy: 15_000,
  };
}

const known = new Set(['products']);

test('reads a job', () => {
  const lease = leaseOf(encodeJob(deletion(1)));
  expect(decode([lease], known)).toEqual({
    tasks: [{ lease, job: deletion(1), queuedAt: 0 }],
    late: [],
    refusals: [],
  });
});

test('of several messages of one row the newest counts', () => {
  const lease = leaseOf(encodeJob(deletion(1)), encodeJob(deletion(2)));
  expect(decode([lease], known).tasks).toEqual([{ lease, job: deletion(2), queuedAt: 0 }]);
});

test('a message sent too late is set apart, and an earlier one counts', () => {
  const late = { ...deletion(2), publishBy: -1 };
  const lease = leaseOf(encodeJob(deletion(1)), encodeJob(late));
  expect(decode([lease], known)).toEqual({
    tasks: [{ lease, job: deletion(1), queuedAt: 0 }],
    late: [{ lease, job: late, queuedAt: 0 }],
    refusals: [],
  });
  const alone = leaseOf(encodeJob(late));
  expect(decode([alone], known)).toMatchObject({ tasks: [], late: [{ job: late }] });
});

test('an unreadable message beside a readable one refuses only itself', () => {
  const newer = JSON.stringify({ ...deletion(2), format: jobFormat + 1 });
  const lease = leaseOf(encodeJob(deletion(1)), newer);
  const { tasks, refusals } = decode([lease], known);
  expect(tasks).toEqual([{ lease, job: deletion(1), queuedAt: 0 }]);
  expect(refusals).toMatchObject([{ lease, message: lease.messages[1], version: 2 }]);
});

test.each([
  { what: 'no JSON', body: 'hello', reason: 'not JSON', named: {} },
  {
    what: 'no job',
    body: '{"index":"products","id":7}',
    reason: 'not a change job',
    named: { index: 'products', id: undefined },
  },
  {
    what: 'a newer format',
    body: JSON.stringify({ format: 99, index: 'products', id: '7', version: 3 }),
    reason: 'format 99',
    named: { index: 'products', id: '7', version: 3 },
  },
  {
    what: 'a SemanticIndex without a spec here',
    body: encodeJob(deletion(4, 'orders')),
    reason: 'no SemanticIndex "orders"',
    named: { index: 'orders', id: '7', version: 4 },
  },
])('$what is refused with the reason and the row it names', ({ body, reason, named }) => {
  const { tasks, refusals } = decode([leaseOf(body)], known);
  expect(tasks).toEqual([]);
  expect(refusals).toHaveLength(1);
  expect(refusals[0]).toMatchObject({ stage: 'decode', ...named });
  expect(refusals[0]?.reason).toContain(reason);
});
