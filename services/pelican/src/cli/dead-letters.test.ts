import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  decodeRefreshRequest,
  encodeDeadLetter,
  encodeJob,
  type DeadLetter,
} from '@aviary/change-job';
import type { LettersView } from '@aviary/dead-letters';
import { startAviary, testQueue, type TestQueue } from '@aviary/testing';
import { expect, onTestFinished, test } from 'vitest';
import { run } from './run.ts';

const signal = new AbortController().signal;
const specs = join(import.meta.dirname, '../../../../examples');

const tooLong: DeadLetter = {
  stage: 'render',
  reason: 'The metadata is 50000 bytes long.',
  index: 'products',
  id: '42',
  version: 7,
  firstSeenAt: Date.parse('2026-01-02T03:04:05.678Z'),
  deadLetteredAt: Date.parse('2026-01-02T03:05:00Z'),
  receiveCount: 0,
};

interface Box extends TestQueue {
  /** Puts a message there, in a group of its own: the stand-in shows one of a group at a time. */
  put: (body: string | DeadLetter) => Promise<void>;
  run: (...args: string[]) => Promise<{ code: number; stdout: string; stderr: string }>;
  list: (...args: string[]) => Promise<LettersView[]>;
  refreshes: () => Promise<{ index: string; ids: string[] }[]>;
}

async function deadLetterBox(): Promise<Box> {
  const queues = await testQueue();
  const environment = { ...queues.environment, SPECS: specs };
  let count = 0;
  const aviary: Box['run'] = async (...args) => {
    const told = { stdout: '', stderr: '' };
    const code = await run(['dead-letters', ...args], {
      environment,
      stdout: { write: (text) => (told.stdout += text) },
      stderr: { write: (text) => (told.stderr += text) },
      signal,
    });
    return { code, ...told };
  };
  return {
    ...queues,
    environment,
    put: async (letter) => {
      const body = typeof letter === 'string' ? letter : encodeDeadLetter(letter);
      const message = `${(count += 1)}`;
      await queues.deadLetters.send([{ body, groupId: message, deduplicationId: message }], {
        signal,
      });
    },
    run: aviary,
    list: async (...args) => {
      const { code, stdout } = await aviary('list', '--json', ...args);
      expect(code).toBe(0);
      return (JSON.parse(stdout) as { letters: LettersView[] }).letters;
    },
    refreshes: async () => (await queues.drain(queues.refresh)).map(decodeRefreshRequest),
  };
}

test('lists letters, a line a row, and gives them all back', async () => {
  const box = await deadLetterBox();
  await box.put({ ...tooLong, reason: 'an older reason', deadLetteredAt: tooLong.firstSeenAt });
  await box.put(tooLong);
  await box.put({ ...tooLong, index: 'store-inventory', id: 'a%3Ab:c', stage: 'upsert' });
  const listed = await box.list();
  expect(listed).toMatchObject([
    { recordId: '42', letters: 2, reason: tooLong.reason, firstSeenAt: '2026-01-02T03:04:05.678Z' },
    { recordId: 'a%3Ab:c', key: ['a:b', 'c'], letters: 1, lastSeenAt: '2026-01-02T03:05:00.000Z' },
  ]);
  expect(await box.deadLetters.depth()).toMatchObject({ visible: 3, inFlight: 0 });

  const { code, stdout, stderr } = await box.run('list');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(
    /^ID +INDEX +KEY +STAGE +LETTERS +RECEIVED +FIRST SEEN +LAST SEEN +AGE +REASON$/,
  );
  expect(lines[1]).toMatch(
    new RegExp(
      `^${listed[0]?.letterId.slice(0, 8) ?? '-'} +products +42 +render +2 +0 +2026-01-02T03:04:05Z +2026-01-02T03:05:00Z +\\d+d +${tooLong.reason}$`,
    ),
  );
});

test('lists jobs that SQS gave up and messages that nobody understands', async () => {
  const box = await deadLetterBox();
  await box.put(
    encodeJob({
      format: 1,
      op: 'delete',
      index: 'products',
      id: '9',
      version: 3,
      changedAt: 1_000,
      publishBy: 2_000,
    }),
  );
  await box.put('\u009b2Jwhat is this?');
  const [job, other] = await box.list();
  expect(job).toMatchObject({ index: 'products', recordId: '9', stage: 'receive' });
  expect(job?.reason).toMatch(/^Received \d+ times.*an emu crashed or was killed each time/);
  expect(other).toMatchObject({ index: null, recordId: null, key: null });
  const shown = await box.run('show', other?.letterId.slice(0, 8) ?? '');
  expect(shown.code).toBe(0);
  expect(shown.stdout).toContain('Message:      2Jwhat is this?');
});

test('filters, and bounds the lines', async () => {
  const box = await deadLetterBox();
  for (const id of ['1', '2', '3']) await box.put({ ...tooLong, id });
  await box.put({ ...tooLong, id: '4', stage: 'embed', reason: 'No such Model.' });
  expect(await box.list('--stage', 'embed')).toMatchObject([{ recordId: '4' }]);
  expect(await box.list('--reason', 'no such model')).toMatchObject([{ recordId: '4' }]);
  expect(await box.list('--index', 'store-inventory')).toEqual([]);
  expect(await box.list('--limit', '2')).toHaveLength(2);
});

test('says what it could not see', async () => {
  const box = await deadLetterBox();
  await box.put(tooLong);
  const held = await box.deadLetters.receive({
    waitSeconds: 0,
    visibilityTimeoutSeconds: 30,
    signal,
  });
  const { code, stdout, stderr } = await box.run('list');
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toMatch(/0 of about 1 letters seen: .*somebody else looks at them/);
  const { code: notFound, stderr: told } = await box.run('redrive', held[0]?.id ?? '');
  expect(notFound).toBe(1);
  expect(told).toContain('somebody else looks at it just now');
});

test('shows all of one letter, and says when there is none', async () => {
  const box = await deadLetterBox();
  await box.put(tooLong);
  const [listed] = await box.list();
  const shown = await box.run('show', listed?.letterId ?? '', '--json');
  expect(JSON.parse(shown.stdout)).toEqual({
    letterId: listed?.letterId,
    index: 'products',
    recordId: '42',
    key: ['42'],
    stage: 'render',
    reason: tooLong.reason,
    version: 7,
    firstSeenAt: '2026-01-02T03:04:05.678Z',
    lastSeenAt: '2026-01-02T03:05:00.000Z',
    receiveCount: 0,
  });
  const none = await box.run('show', '00000000-nothing');
  expect({ code: none.code, stdout: none.stdout }).toEqual({ code: 1, stdout: '' });
  expect(none.stderr).toContain('00000000-nothing: Not found');
});

test('redrives by asking for the rows, each once, and deletes their letters', async () => {
  const box = await deadLetterBox();
  await box.put(tooLong);
  await box.put({ ...tooLong, stage: 'upsert' });
  await box.put({ ...tooLong, id: '43' });
  await box.put({ ...tooLong, index: 'store-inventory', id: 'a:b' });
  const { code, stdout } = await box.run('redrive', '--all', '--json');
  expect(JSON.parse(stdout)).toEqual({ redriven: { letters: 4, rows: 3 }, notDone: [] });
  expect(code).toBe(0);
  const asked = (await box.refreshes()).flatMap(({ index, ids }) => ids.map((id) => [index, id]));
  expect(new Set(asked.map((row) => row.join()))).toEqual(
    new Set(['products,42', 'products,43', 'store-inventory,a:b']),
  );
  expect(await box.drain(box.deadLetters)).toEqual([]);
});

test('an id stands for its letter and the older ones of its row', async () => {
  const box = await deadLetterBox();
  await box.put({ ...tooLong, deadLetteredAt: 1_000 });
  await box.put({ ...tooLong, deadLetteredAt: 2_000 });
  await box.put({ ...tooLong, id: '43' });
  const listed = await box.list();
  await box.put({ ...tooLong, deadLetteredAt: 3_000, reason: 'came later' });
  const id = listed.find(({ recordId }) => recordId === '42')?.letterId ?? '';
  const { code, stdout } = await box.run('redrive', id.slice(0, 12));
  expect({ code, stdout }).toEqual({ code: 0, stdout: '2 letters of 1 row redriven.\n' });
  expect(await box.refreshes()).toEqual([{ index: 'products', ids: ['42'] }]);
  expect(await box.list()).toMatchObject([
    { reason: 'came later', letters: 1 },
    { recordId: '43' },
  ]);
});

test('refuses to redrive what names no row that can be read, and leaves it there', async () => {
  const box = await deadLetterBox();
  await box.put('{}');
  await box.put({ ...tooLong, index: 'forgotten' });
  await box.put({ ...tooLong, id: '100%' });
  await box.put({ ...tooLong, id: 'x'.repeat(2_000) });
  const { code, stdout, stderr } = await box.run('redrive', '--all');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '1 letter of 1 row redriven.\n' });
  expect(stderr).toMatch(/: It names no row to read anew: discard it\./);
  expect(stderr).toMatch(/: There is no spec of the index "forgotten"/);
  expect(stderr).toMatch(/: "100%" is no record id of Aviary's: discard it\./);
  expect(await box.refreshes()).toEqual([{ index: 'products', ids: ['x'.repeat(2_000)] }]);
  expect(await box.drain(box.deadLetters)).toHaveLength(3);
});

test('discards only what is named and confirmed', async () => {
  const box = await deadLetterBox();
  await box.put(tooLong);
  await box.put({ ...tooLong, id: '43' });
  const refused = await box.run('discard', '--all');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('give --yes');
  for (const args of [[], ['--yes'], ['abcd', '--all', '--yes']])
    expect((await box.run('discard', ...args)).code).toBe(2);
  const [first, second] = await box.list();
  const one = await box.run('discard', first?.letterId ?? '', '--yes', '--json');
  expect(JSON.parse(one.stdout)).toEqual({ discarded: { letters: 1, rows: 1 }, notDone: [] });
  expect(await box.list()).toMatchObject([{ letterId: second?.letterId }]);
  expect((await box.run('discard', '--all', '--yes')).code).toBe(0);
  expect(await box.drain(box.deadLetters)).toEqual([]);
  expect(await box.refreshes()).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s gives everything back', async (stop) => {
  const box = await deadLetterBox();
  await box.put(tooLong);
  // The first has brought the letter.
  const gate = await heldBefore('ReceiveMessage', box.environment.AWS_ENDPOINT_URL_SQS ?? '', 2);
  const aviary = startAviary(['dead-letters', 'list'], {
    ...box.environment,
    AWS_ENDPOINT_URL_SQS: gate.url,
  });
  await gate.reached;
  expect(await box.deadLetters.depth()).toMatchObject({ visible: 0, inFlight: 1 });
  aviary.kill(stop);
  // It is a long poll, of a second: the signal is there first.
  gate.open();
  const { code, stdout, stderr } = await aviary.ended;
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toBe('aviary: stopped before it was finished\n');
  expect(await box.deadLetters.depth()).toMatchObject({ visible: 1, inFlight: 0 });
});

test.each([
  { action: 'SendMessageBatch', asked: [] },
  { action: 'DeleteMessageBatch', asked: [{ index: 'products', ids: ['42'] }] },
])('a redrive killed before $action loses nothing', async ({ action, asked }) => {
  const box = await deadLetterBox();
  await box.put(tooLong);
  const gate = await heldBefore(action, box.environment.AWS_ENDPOINT_URL_SQS ?? '');
  const aviary = startAviary(['dead-letters', 'redrive', '--all'], {
    ...box.environment,
    AWS_ENDPOINT_URL_SQS: gate.url,
  });
  await gate.reached;
  aviary.kill('SIGKILL');
  await aviary.ended;
  expect(await box.refreshes()).toEqual(asked);
  expect(await box.deadLetters.depth()).toMatchObject({ inFlight: 1 });
});

/** A way to SQS on which no request for an action arrives, from this one on, until the way is open. */
async function heldBefore(action: string, sqs: string, from = 1) {
  const reached = Promise.withResolvers<undefined>();
  const opened = Promise.withResolvers<undefined>();
  let requests = 0;
  const target = new URL(sqs);
  const hold = async ({ headers }: IncomingMessage) => {
    if (headers['x-amz-target'] !== `AmazonSQS.${action}`) return;
    requests += 1;
    if (requests < from) return;
    reached.resolve(undefined);
    await opened.promise;
  };
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method, url, headers } = incoming;
    const onward = forward({
      host: target.hostname,
      port: target.port,
      method,
      path: url,
      headers,
    });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  };
  const server = createServer((incoming, outgoing) => {
    void hold(incoming).then(() => pass(incoming, outgoing));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    reached: reached.promise,
    open: () => opened.resolve(undefined),
  };
}
