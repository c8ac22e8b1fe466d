import { decodeDeadLetter } from '@aviary/change-job';
import { expect, test } from 'vitest';
import { deadLetterOf } from './dead-letter.ts';

const message = {
  id: 'message-1',
  body: '{"secret":"content"}',
  groupId: 'row',
  receiptHandle: '',
  receiveCount: 3,
  sentAt: 1_000,
  firstReceivedAt: 2_000,
};
const lease = { messages: [message], expiresAt: 0, redelivered: false, unanswered: 0 };
const failed = { lease, message, stage: 'upsert' as const, reason: 'too large' };

test('names the row and never carries its content', () => {
  const letter = deadLetterOf({ ...failed, index: 'products', id: '7', version: 9 }, 5_000);
  expect(letter).toMatchObject({ groupId: 'row', deduplicationId: 'message-1' });
  expect(decodeDeadLetter(letter.body)).toEqual({
    stage: 'upsert',
    reason: 'too large',
    index: 'products',
    id: '7',
    version: 9,
    firstSeenAt: 1_000,
    deadLetteredAt: 5_000,
    receiveCount: 3,
  });
});

test('carries the message itself where it names no row', () => {
  const letter = deadLetterOf({ ...failed, index: 'products' }, 5_000);
  expect(decodeDeadLetter(letter.body)).toMatchObject({ rawBody: message.body });
});
