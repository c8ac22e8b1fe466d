import { decodeRefreshRequest, encodeDeadLetter } from '@aviary/change-job';
import { DeadLetterBox } from '@aviary/dead-letters';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  deadLettersSchema,
  letterOutcomeSchema,
  type DeadLetters,
  type LetterOutcome,
} from '../../shared/dead-letter.ts';
import { startApp, type TestApp } from '../../testing/start-app.ts';

const signal = new AbortController().signal;

let aviary: TestApp;
beforeAll(async () => {
  aviary = await startApp();
});
afterAll(() => aviary.close());
beforeEach(async () => {
  const { drain, deadLetters, refresh } = aviary.queues;
  await drain(deadLetters);
  await drain(refresh);
});

let sent = 0;

/** A letter, in a group of its own unless given: SQS hides the others of a group while one is held. */
async function put(
  id: string,
  { reason = 'too long', index = 'products', groupId = '' } = {},
): Promise<void> {
  sent += 1;
  const body = encodeDeadLetter({
    stage: 'render',
    reason,
    index,
    id,
    firstSeenAt: 1_000 + sent,
    deadLetteredAt: 2_000 + sent,
    receiveCount: 0,
  });
  const message = String(sent);
  await aviary.queues.deadLetters.send(
    [{ body, groupId: groupId || message, deduplicationId: message }],
    { signal },
  );
}

async function list(): Promise<DeadLetters> {
  return deadLettersSchema.parse((await aviary.call('GET', '/api/dead-letters')).body);
}

async function act(deed: 'redrive' | 'discard', selection: object): Promise<LetterOutcome> {
  const { body } = await aviary.call('POST', `/api/dead-letters/${deed}`, selection);
  return letterOutcomeSchema.parse(body);
}

const asked = async () =>
  (await aviary.queues.drain(aviary.queues.refresh)).map(decodeRefreshRequest);

test('letters are listed by row, and a redrive asks for the row', async () => {
  await put('7', { reason: 'an older reason' });
  await put('7');
  await put('a%3Ab:c', { index: 'gone' });
  // Another test's list is shown for a moment: a deed forgets it.
  await act('discard', { letterIds: ['nobody'] });
  const first = await list();
  expect(first).toMatchObject({
    rows: [
      { recordId: '7', letters: 2, reason: 'too long', stage: 'render' },
      { recordId: 'a%3Ab:c', key: ['a:b', 'c'], letters: 1 },
    ],
    seen: 3,
    inQueue: 3,
    more: false,
  });

  const redriven = await act('redrive', { letterIds: [first.rows[0]?.letterId] });
  expect(redriven).toMatchObject({ letters: 2, rows: 1, notDone: [], more: false });
  expect(await asked()).toEqual([{ index: 'products', ids: ['7'] }]);
  const left = await list();
  expect(left.rows.map(({ recordId }) => recordId)).toEqual(['a%3Ab:c']);

  const refused = await act('redrive', { all: true });
  expect(refused).toMatchObject({ letters: 0, rows: 0 });
  expect(refused.notDone[0]?.reason).toContain('There is no spec of the index "gone"');
});

test('many viewers are one look', async () => {
  await act('discard', { letterIds: ['nobody'] });
  await put('7');
  const [first, ...others] = await Promise.all([list(), list(), list()]);
  expect(first.rows).toHaveLength(1);
  for (const other of others) expect(other).toEqual(first);
  // To look at a letter is to receive it.
  const { deadLetters } = aviary.queues;
  const received = await deadLetters.receive({
    waitSeconds: 20,
    visibilityTimeoutSeconds: 30,
    signal,
  });
  expect(received.map(({ receiveCount }) => receiveCount)).toEqual([2]);
  await deadLetters.acknowledge(received, signal);
});

test('discards what is named, and says what it did not find', async () => {
  await put('1');
  await put('2');
  await act('discard', { letterIds: ['nobody'] });
  const { rows } = await list();
  const outcome = await act('discard', { letterIds: [rows[0]?.letterId, 'nobody'] });
  expect(outcome).toMatchObject({ letters: 1, rows: 1, notDone: [{ letterId: 'nobody' }] });
  expect((await list()).rows.map(({ recordId }) => recordId)).toEqual(['2']);
  expect(await asked()).toEqual([]);
});

test('the letters of a row go with the last one, also those that come into sight after it', async () => {
  for (const reason of ['first', 'second', 'third']) await put('7', { reason, groupId: 'row 7' });
  await put('8');
  await act('discard', { letterIds: ['nobody'] });
  const row = (await list()).rows.find(({ recordId }) => recordId === '7');
  const outcome = await act('redrive', { letterIds: [row?.letterId] });
  expect(outcome).toMatchObject({ letters: 3, rows: 1, notDone: [] });
  expect((await list()).rows.map(({ recordId }) => recordId)).toEqual(['8']);
  expect(new Set((await asked()).flatMap(({ ids }) => ids))).toEqual(new Set(['7']));
});

test('all means those that had arrived by then', async () => {
  await put('1');
  expect(await act('discard', { all: true, before: 1 })).toMatchObject({ letters: 0, before: 1 });
  expect(await act('redrive', { all: true })).toMatchObject({ letters: 1, rows: 1, more: false });
  expect(await asked()).toEqual([{ index: 'products', ids: ['1'] }]);
});

test('waits for what somebody else looks at', async () => {
  await put('1');
  await act('discard', { letterIds: ['nobody'] });
  const [row] = (await list()).rows;
  const other = new DeadLetterBox(aviary.queues.deadLetters, signal);
  for await (const page of other.letters()) expect(page).toHaveLength(1);
  const redriven = act('redrive', { letterIds: [row?.letterId] });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await other[Symbol.asyncDispose]();
  expect(await redriven).toMatchObject({ letters: 1, notDone: [] });
});

test.each([{}, { letterIds: [] }, { all: false }, { all: true, letterIds: ['x'] }])(
  'refuses %j',
  async (selection) => {
    expect((await aviary.call('POST', '/api/dead-letters/discard', selection)).status).toBe(400);
  },
);

// Last: by now each has been answered.
test('every route answers as openapi.yaml says', () => {
  expect(aviary.contract.unseen('/api/dead-letters')).toEqual([]);
});
