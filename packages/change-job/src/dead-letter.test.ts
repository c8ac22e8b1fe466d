import { expect, test } from 'vitest';
import { decodeDeadLetter, encodeDeadLetter, type DeadLetter } from './dead-letter.ts';

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
