import { expect, onTestFinished, test, vi } from 'vitest';
import { TestApiServer } from '../testing/api-server.ts';
import { Readers } from './readers.ts';

test('a server that is away is asked for the ConfigMap now and then, however many want it', async () => {
  // So that no time passes but what the test lets pass.
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  await using server = await TestApiServer.start();
  const { signal } = new AbortController();
  const readers = new Readers(server.client());
  server.refusals.push({ status: 500 });
  for (let round = 0; round < 3; round += 1) {
    const wishes = Array.from({ length: 20 }, () => readers.refresh(signal));
    const ends = await Promise.allSettled(wishes);
    expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
  }
  expect(server.requests).toHaveLength(1);
  vi.advanceTimersByTime(2_000);
  await Promise.all([readers.refresh(signal), readers.refresh(signal)]);
  expect(server.requests).toHaveLength(2);
});
