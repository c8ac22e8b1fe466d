import { expect, test } from 'vitest';
import type { Status } from '../../../shared/pipeline.ts';
import { paceOf, stagesOf } from './stages.ts';

const ok = { ok: true, reason: null };

/** Everything there, and nothing to do. */
const quiet: Status = {
  rows: 10,
  indexed: 10,
  outbox: { waiting: 0, oldestSeconds: null },
  queue: { visible: 0, inFlight: 0, delayed: 0 },
  refreshQueue: { visible: 0, inFlight: 0, delayed: 0 },
  deadLetters: 0,
  lagSeconds: 0,
  lag: null,
  emus: { answering: 2, known: 2 },
  pelicans: { answering: 1, known: 1 },
  rates: { rowsPerSecond: 0, embeddingsPerSecond: 0, tokensPerSecond: 0 },
  relayRates: { rowsClaimedPerSecond: 0, jobsPublishedPerSecond: 0 },
  tokensPerMinute: 60_000,
  reasons: {},
  health: {
    postgres: ok,
    queue: ok,
    deadLetterQueue: ok,
    refreshQueue: ok,
    index: ok,
    embedder: ok,
    workers: ok,
  },
};

test('where nothing is to be done, every stage is idle', () => {
  const tones = Object.values(stagesOf(quiet)).map(({ tone }) => tone);
  expect(new Set(tones)).toEqual(new Set(['idle']));
});

test.each<[Partial<Status>, keyof ReturnType<typeof stagesOf>, string, string]>([
  [{ outbox: { waiting: 3, oldestSeconds: 2 } }, 'outbox', 'busy', 'oldest 2.0 s'],
  [{ outbox: { waiting: 3, oldestSeconds: 90 } }, 'outbox', 'behind', 'oldest 90 s'],
  [{ emus: { answering: 1, known: 2 } }, 'emus', 'away', '0 embeddings/s'],
  [{ pelicans: null }, 'pelicans', 'unknown', '0 jobs/s'],
  [{ queue: null, reasons: { queue: 'gone' } }, 'queue', 'away', '0 in flight'],
  [{ deadLetters: 1 }, 'deadLetters', 'behind', 'redrive or discard'],
  [
    { rates: { rowsPerSecond: 9, embeddingsPerSecond: 9, tokensPerSecond: 950 } },
    'embedder',
    'behind',
    '95 % of 60,000/min',
  ],
])('%j', (change, id, tone, detail) => {
  const stage = stagesOf({ ...quiet, ...change })[id];
  expect(stage).toMatchObject({ tone, detail });
});

test('a queue that nobody empties is behind, and a reason goes with its figure', () => {
  const stuck = {
    ...quiet,
    queue: { visible: 5, inFlight: 0, delayed: 0 },
    emus: { answering: 0, known: 0 },
  };
  expect(stagesOf(stuck).queue).toMatchObject({ tone: 'behind', state: 'No emu' });
  expect(stagesOf(stuck).emus).toMatchObject({ tone: 'behind', state: 'None runs' });
  expect(stagesOf({ ...quiet, rows: null, reasons: { rows: 'why' } }).table.reason).toBe('why');
});

test('the pace grows with the rate', () => {
  expect([undefined, 0, 1, 50, 500, 5_000].map(paceOf)).toEqual([0, 0, 1, 2, 3, 4]);
});
