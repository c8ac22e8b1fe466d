import { expect, test } from 'vitest';
import type { Sample } from '../../shared/pipeline.ts';
import { History } from './history.ts';

const nothing = {
  outbox: null,
  visible: null,
  inFlight: null,
  pelicans: null,
  emus: null,
  rowsPerSecond: null,
  embeddingsPerSecond: null,
  tokensPerSecond: null,
  lagP50Seconds: null,
  lagP99Seconds: null,
} satisfies Omit<Sample, 'at'>;

/** A history whose looks come at 0, 2, 4 … seconds. */
async function taken(count: number): Promise<History> {
  let at = -2_000;
  const history = new History(() => Promise.resolve({ ...nothing, at: (at += 2_000) }));
  for (let look = 0; look < count; look += 1) await history.take();
  return history;
}

test('gives what came after a time, oldest first', async () => {
  const history = await taken(5);
  expect(history.since(4_000).map(({ at }) => at)).toEqual([6_000, 8_000]);
  expect(history.since(-1)).toHaveLength(5);
});

test('keeps five minutes close together, and an hour in all', async () => {
  const history = await taken(10_000);
  const times = history.since(-1).map(({ at }) => at / 1_000);
  expect(times).toHaveLength(480);
  const gaps = times.slice(1).map((time, position) => time - (times[position] ?? 0));
  expect(new Set(gaps.slice(-149))).toEqual(new Set([2]));
  expect(new Set(gaps.slice(0, 329))).toEqual(new Set([10]));
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3_500);
});
