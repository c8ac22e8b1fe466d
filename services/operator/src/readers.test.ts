import { waitUntil } from '@aviary/testing';
import { expect, test } from 'vitest';
import { TestApiServer } from '../testing/api-server.ts';
import { Readers } from './readers.ts';

test('a server that is away is asked for the ConfigMap now and then, however many want it', async () => {
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
  const isRead = () =>
    readers.refresh(signal).then(
      () => true,
      () => false,
    );
  await waitUntil(isRead, { what: 'it is read again', timeoutMs: 10_000, everyMs: 20 });
  expect(server.requests).toHaveLength(2);
});
