import { describe, expect, test } from 'vitest';
import { encodeJob } from './change-job.ts';
import {
  decodeDeadLetter,
  encodeDeadLetter,
  readDeadLetter,
  type DeadLetter,
} from './dead-letter.ts';

const letter: DeadLetter = {
  stage: 'embed',
  reason: 'too long',
  index: 'products',
  id: '42',
  version: 7,
  firstSeenAt: 1,
  deadLetteredAt: 2,
  receiveCount: 3,
};

test('a dead letter is read as it was written', () => {
  expect(decodeDeadLetter(encodeDeadLetter(letter))).toEqual(letter);
});

test('the body of a message that is no job is kept in part', () => {
  const kept = decodeDeadLetter(encodeDeadLetter({ ...letter, rawBody: 'x'.repeat(1_000_000) }));
  expect(kept?.rawBody).toHaveLength(10_000);
});

test.each(['', 'text', 'null', '{}', '{"op":"upsert"}'])('%j is no dead letter', (body) => {
  expect(decodeDeadLetter(body)).toBeUndefined();
});

describe('what lies in the dead-letter queue', () => {
  const found = (body: string) => readDeadLetter({ body, sentAt: 5_000, receiveCount: 11 });

  test('is a letter as it was written', () => {
    expect(found(encodeDeadLetter(letter))).toEqual(letter);
  });

  test('is a job that SQS gave up, without its content', () => {
    const job = encodeJob({
      format: 1,
      op: 'upsert',
      index: 'products',
      id: '42',
      version: 7,
      changedAt: 1_000,
      publishBy: 2_000,
      text: 'private',
      metadata: { name: 'private' },
      contentHash: 'x',
      textIsNew: true,
    });
    expect(found(job)).toEqual({
      stage: 'receive',
      reason: expect.stringMatching(/^Received 11 times.*never finished/) as string,
      index: 'products',
      id: '42',
      version: 7,
      firstSeenAt: 1_000,
      deadLetteredAt: 5_000,
      receiveCount: 11,
    });
  });

  test('may be a job of a format to come, whose row can be read anew', () => {
    const read = found('{"format":2,"index":"products","id":"42","version":"7"}');
    expect(read).toMatchObject({ index: 'products', id: '42', firstSeenAt: 5_000 });
    expect(read).not.toHaveProperty('rawBody');
  });

  test.each(['', 'text', 'null', '{"index":"products"}', '{"index":"","id":""}'])(
    '%j is kept as it is',
    (body) => {
      expect(found(body)).toMatchObject({ stage: 'receive', rawBody: body, deadLetteredAt: 5_000 });
    },
  );

  test('what is long is cut', () => {
    expect(found('x'.repeat(1_000_000)).rawBody).toHaveLength(10_000);
  });
});
