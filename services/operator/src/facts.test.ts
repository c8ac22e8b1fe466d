import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createQueueClient } from '@aviary/queue';
import { expect, onTestFinished, test } from 'vitest';
import { Facts, auditOf, backfillOf } from './facts.ts';

/** Facts from a pelican that answers so. */
async function factsFrom(status: object): Promise<Facts> {
  const pelican = createServer((_, response) => response.end(JSON.stringify(status)));
  await new Promise<void>((resolve) => pelican.listen(0, '127.0.0.1', resolve));
  const sqs = createQueueClient({ region: 'us-east-1' });
  onTestFinished(() => {
    pelican.close();
    sqs.destroy();
  });
  return new Facts({
    sqs,
    vectorsOf: () => {
      throw new Error('Nobody asks for vectors.');
    },
    pelicanUrl: () => `http://127.0.0.1:${(pelican.address() as AddressInfo).port}/status`,
  });
}

const finishedAt = new Date('2026-11-21T08:27:56.123Z');
const counts = { missing: 3, stale: 1, orphaned: 0, mended: 2, undecided: 0 };

test('the last audit of a generation is the one that its pelican tells of', async () => {
  const facts = await factsFrom({
    audits: [
      { index: 'other', finishedAt, ...counts, missing: 0 },
      { index: 'tea', finishedAt, ...counts },
    ],
  });
  const status = await facts.pelican('tea');
  expect(auditOf('tea', status)).toEqual({
    value: {
      endedAt: finishedAt.getTime(),
      found: { missing: 3, stale: 1, orphaned: 0, unmended: 2, undecided: 0 },
    },
  });
  expect(auditOf('coffee', status)).toEqual({ value: undefined });
});

test('an older pelican tells of none, and one without its database of nothing', async () => {
  const facts = await factsFrom({ service: 'pelican' });
  const status = await facts.pelican('tea');
  expect(auditOf('tea', status)).toEqual({ value: undefined });
  expect(backfillOf('tea', status)).toEqual({ unknown: 'its pelican does not reach the database' });
});
