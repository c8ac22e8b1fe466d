import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeJob, encodeJob, jobFormat, orderingOf, type ChangeJob } from './change-job.ts';

const upsert: ChangeJob = {
  format: 1,
  op: 'upsert',
  index: 'products',
  id: '42',
  version: 7,
  changedAt: 1_700_000_000_000,
  publishBy: 1_700_000_015_000,
  text: 'A kettle 🫖 "for" tea\n',
  metadata: { name: 'Kettle', price: 12.5, sold: false, tags: ['tea', 'steel'] },
  contentHash: 'abc',
  textIsNew: true,
};
const removal: ChangeJob = {
  format: 1,
  op: 'delete',
  index: 'products',
  id: '42',
  version: 8,
  changedAt: 1_700_000_000_000,
  publishBy: 1_700_000_015_000,
};

describe('decodeJob', () => {
  test.each([upsert, removal])('reads what encodeJob wrote: $op', (job) => {
    expect(decodeJob(encodeJob(job))).toEqual(job);
  });

  test.each([
    ['', /not JSON/],
    ['{"format":1', /not JSON/],
    ['null', /not a change job/],
    ['[]', /not a change job/],
    ['"text"', /not a change job/],
    ['{}', /not a change job/],
    [JSON.stringify({ ...upsert, op: 'merge' }), /op: /],
    [JSON.stringify({ ...upsert, id: '' }), /id: /],
    [JSON.stringify({ ...upsert, id: 'x'.repeat(513) }), /id: /],
    [JSON.stringify({ ...upsert, text: '' }), /text: /],
    [JSON.stringify({ ...upsert, version: -1, text: 3 }), /version: .*text: /],
    [JSON.stringify({ ...upsert, metadata: { nested: { a: 1 } } }), /metadata\.nested: /],
    [JSON.stringify({ ...upsert, metadata: { price: null } }), /metadata\.price: /],
    [JSON.stringify({ ...upsert, format: 0 }), /format: /],
  ])('says what is wrong with %s', (body, fault) => {
    expect(() => decodeJob(body)).toThrow(fault);
  });

  test('asks for an upgrade where the job is of a newer format', () => {
    const newer = JSON.stringify({ format: jobFormat + 1, op: 'sing' });
    expect(() => decodeJob(newer)).toThrow(/format 2 and this emu reads 1: upgrade emu/);
  });

  test('fails for any other text by a PermanentError alone', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(() => decodeJob(body)).toThrow(
          expect.objectContaining({ name: 'PermanentError' }) as Error,
        );
      }),
    );
  });
});

describe('orderingOf', () => {
  const sqsId = /^[a-zA-Z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;
  const row = fc.record({
    index: fc.string({ unit: 'binary', minLength: 1 }),
    id: fc.string({ unit: 'binary', minLength: 1, maxLength: 600 }),
    version: fc.nat(Number.MAX_SAFE_INTEGER),
  });

  test('keeps to what SQS takes, for any row', () => {
    fc.assert(
      fc.property(row, (job) => {
        const { groupId, deduplicationId } = orderingOf(job);
        expect(groupId).toMatch(sqsId);
        expect(deduplicationId).toMatch(sqsId);
      }),
    );
  });

  test('has one group a row, and one deduplication id a version', () => {
    const [a, b] = [orderingOf(upsert), orderingOf(removal)];
    expect(a.groupId).toBe(b.groupId);
    expect(a.deduplicationId).not.toBe(b.deduplicationId);
    expect(orderingOf({ ...upsert, index: 'other' }).groupId).not.toBe(a.groupId);
  });
});
