import { encodeKey, managedMetadata, type UpsertJob } from '@aviary/change-job';
import type { VectorRecord } from '@aviary/vector-index';
import { expect, test } from 'vitest';
import { poisonNames, type ExpectedRecord } from './expected.ts';
import { rowName } from './ledger.ts';
import { judge, type Findings } from './verdict.ts';

const row = rowName('articles', encodeKey(['7']));
const poisonRow = [...poisonNames][0] ?? '';

const expected: ExpectedRecord = {
  id: '7',
  text: 'a text',
  metadata: { title: 'a text' },
  contentHash: 'hash',
};
const job: UpsertJob = {
  format: 1,
  op: 'upsert',
  index: 'articles',
  id: '7',
  version: 40,
  changedAt: 1_000,
  publishBy: 2_000,
  text: expected.text,
  metadata: { title: 'a text' },
  contentHash: expected.contentHash,
  textIsNew: true,
};
const record: VectorRecord = {
  id: '7',
  values: Float32Array.of(0.25, 0.5),
  metadata: managedMetadata(job, { queuedAt: 1_020, embeddedAt: 1_030 }),
};

const equal: Findings = {
  expected: new Map([[row, expected]]),
  records: new Map([[row, record]]),
  vectors: new Map([[expected.text, Float32Array.of(0.25, 0.5)]]),
  newest: new Map([[row, job]]),
  deadLetters: [...poisonNames],
  beganAt: 900,
  endedAt: 1_100,
};

const stored = (change: Partial<VectorRecord>) => new Map([[row, { ...record, ...change }]]);
const metadata = (change: VectorRecord['metadata']) =>
  stored({ metadata: { ...record.metadata, ...change } });

test('an index that equals the table has no differences', () => {
  expect(judge(equal)).toEqual([]);
});

test.each<[string, Partial<Findings>, RegExp]>([
  ['a missing record', { records: new Map() }, /missing/],
  ['an orphaned record', { expected: new Map() }, /orphaned/],
  ['another value', { records: metadata({ title: 'other' }) }, /metadata/],
  ['a value too many', { records: metadata({ more: 1 }) }, /metadata/],
  ['another content hash', { records: metadata({ aviary_hash: 'other' }) }, /content hash/],
  ['an older version', { records: metadata({ aviary_version: 39 }) }, /version is 39.*40/],
  ['a version nobody gave', { records: metadata({ aviary_version: 41 }) }, /version is 41.*40/],
  ['a time before the storm', { records: metadata({ aviary_changed_at: 1 }) }, /changed at 1/],
  ['another vector', { records: stored({ values: Float32Array.of(0.25, 0.75) }) }, /vector/],
  ['a letter of a sound row', { deadLetters: [...poisonNames, row] }, /dead letter of a sound/],
  ['a message SQS gave up', { deadLetters: [...poisonNames, undefined] }, /SQS gave it up/],
  ['a poison row without letter', { deadLetters: [...poisonNames].slice(1) }, /without a dead/],
  [
    'a poison row with a record',
    {
      records: new Map([
        [row, record],
        [poisonRow, record],
      ]),
    },
    /orph/,
  ],
  [
    'a deleted row whose last job is no delete',
    { expected: new Map(), records: new Map() },
    /rightly absent/,
  ],
])('%s is found', (_, change, what) => {
  const found = judge({ ...equal, ...change });
  expect(found.map((difference) => difference.what)).toEqual([expect.stringMatching(what)]);
});
