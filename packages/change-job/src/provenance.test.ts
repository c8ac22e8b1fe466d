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
  const metadata = managedMetadata(job);
  expect(metadata).toEqual({
    price: 1,
    aviary_hash: 'abc',
    aviary_version: 7,
    aviary_changed_at: 5,
  });
  expect(provenanceOf(metadata)).toEqual({ contentHash: 'abc', version: 7, changedAt: 5 });
});

test.each([
  undefined,
  {},
  { price: 1 },
  { aviary_hash: 3, aviary_version: 7, aviary_changed_at: 5 },
])('%j has none', (metadata) => {
  expect(provenanceOf(metadata)).toBeUndefined();
});
