import { encodeDeadLetter } from '@aviary/change-job';
import { testQueue } from '@aviary/testing';
import { expect, test } from 'vitest';
import { DeadLetterBox, rowOf, type HeldLetter } from './dead-letter-box.ts';
import { selected } from './letter-selection.ts';
import { LettersByRow } from './letter-view.ts';

const signal = new AbortController().signal;

/** A box with a letter of each row, in this order. */
async function boxOf(...rows: string[]) {
  const { deadLetters } = await testQueue();
  for (const [position, id] of rows.entries()) {
    const body = encodeDeadLetter({
      stage: 'render',
      reason: `reason ${position}`,
      index: 'products',
      id,
      firstSeenAt: 1_000 - position,
      deadLetteredAt: 2_000 + position,
      receiveCount: 0,
    });
    const message = String(position);
    await deadLetters.send([{ body, groupId: message, deduplicationId: message }], { signal });
  }
  return deadLetters;
}

async function seenIn(box: DeadLetterBox): Promise<HeldLetter[]> {
  const seen: HeldLetter[] = [];
  for await (const page of box.letters()) seen.push(...page);
  return seen;
}

test('a look sees every letter once, and gives all back but what it removed', async () => {
  const queue = await boxOf('1', '2', '3');
  {
    await using box = new DeadLetterBox(queue, signal);
    const seen = await seenIn(box);
    expect(seen.map(({ letter }) => letter.id).sort()).toEqual(['1', '2', '3']);
    expect(await queue.depth()).toMatchObject({ visible: 0, inFlight: 3 });
    expect(await box.remove(seen.slice(0, 1))).toEqual([]);
  }
  expect(await queue.depth()).toMatchObject({ visible: 2, inFlight: 0 });
});

test('an aborted look gives back what it had', async () => {
  const queue = await boxOf('1');
  const stopping = new AbortController();
  const look = async () => {
    await using box = new DeadLetterBox(queue, stopping.signal);
    for await (const page of box.letters()) if (page.length > 0) stopping.abort(new Error('stop'));
  };
  await expect(look()).rejects.toThrow('stop');
  expect(await queue.depth()).toMatchObject({ visible: 1, inFlight: 0 });
});

test('of a row, the last letter is shown with the first time and the count', async () => {
  const queue = await boxOf('1', '2', '1');
  await using box = new DeadLetterBox(queue, signal);
  const rows = new LettersByRow();
  for (const held of await seenIn(box)) rows.add(held);
  expect(rows.views()).toMatchObject([
    { recordId: '2', letters: 1 },
    { recordId: '1', letters: 2, reason: 'reason 2', firstSeenAt: '1970-01-01T00:00:00.998Z' },
  ]);
});

test('a letter’s id stands for the older ones of its row, a filter for those that came by a time', async () => {
  const queue = await boxOf('1', '1', '2');
  await using box = new DeadLetterBox(queue, signal);
  const last = (await seenIn(box)).find(({ letter }) => letter.reason === 'reason 1');
  await box[Symbol.asyncDispose]();

  await using byId = new DeadLetterBox(queue, signal);
  const found: HeldLetter[] = [];
  for await (const { letters } of selected(byId, [last?.letterId ?? ''], {}))
    found.push(...letters);
  expect(new Set(found.map(rowOf))).toEqual(new Set(['products\n1']));
  expect(found.length).toBeGreaterThan(0);
  await byId[Symbol.asyncDispose]();

  await using byTime = new DeadLetterBox(queue, signal);
  for await (const { letters } of selected(byTime, [], {}, 1)) expect(letters).toEqual([]);
});
