import { expect, test } from 'vitest';
import { managedMetadata, provenanceOf } from './provenance.ts';

const job = {
  format: 1 as const,
  op: 'upsert' as const,
  index: 'products',
  id: '42',
  version: 7,
  changedAt: 5,
  publishBy: 15_000,
  text: 'Kettle',
  metadata: { price: 1 },
  contentHash: 'abc',
  textIsNew: true,
};

test('a record carries which state of the row it is', () => {
  const metadata = managedMetadata(job, { queuedAt: 9, embeddedAt: 12 });
  expect(metadata).toEqual({
    price: 1,
    aviary_hash: 'abc',
    aviary_version: 7,
    aviary_changed_at: 5,
    aviary_queued_at: 9,
    aviary_embedded_at: 12,
  });
  expect(provenanceOf(metadata)).toEqual({
    contentHash: 'abc',
    version: 7,
    changedAt: 5,
    queuedAt: 9,
    embeddedAt: 12,
  });
});

test('a record of an emu that kept no times of the stages is one of Aviary', () => {
  const metadata = { aviary_hash: 'abc', aviary_version: 7, aviary_changed_at: 5 };
  expect(provenanceOf(metadata)).toMatchObject({ version: 7, queuedAt: undefined });
});

test('the times of the stages cost 68 bytes', () => {
  const now = Date.now();
  const bytes = (metadata: object) => Buffer.byteLength(JSON.stringify(metadata));
  const metadata = managedMetadata(job, { queuedAt: now, embeddedAt: now });
  const { aviary_queued_at, aviary_embedded_at, ...without } = metadata;
  expect([aviary_queued_at, aviary_embedded_at]).toEqual([now, now]);
  expect(bytes(metadata) - bytes(without)).toBe(68);
});

test.each([
  undefined,
  {},
  { price: 1 },
  { aviary_hash: 3, aviary_version: 7, aviary_changed_at: 5 },
])('%j has none', (metadata) => {
  expect(provenanceOf(metadata)).toBeUndefined();
});
