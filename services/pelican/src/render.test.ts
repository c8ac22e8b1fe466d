import { contentHash, decodeJob, encodeJob } from '@aviary/change-job';
import { parseTemplate } from '@aviary/semantic-index';
import { describe, expect, test } from 'vitest';
import { specOf } from '../testing/captured.ts';
import type { ClaimedRow, RowValues } from './claimed-row.ts';
import { render } from './render.ts';

const column = (name: string, type = 'text') => ({ name, type, notNull: false });
const table = {
  index: specOf({ table: 'thing', text: '{{name}}: {{note}}', metadata: ['name', 'price'] }),
  relation: 'public.thing',
  sourceId: 1,
  key: [column('id', 'integer')],
  walk: [column('id', 'integer')],
  template: parseTemplate('{{name}}: {{note}}'),
  text: [column('name'), column('note')],
  metadata: [column('name'), column('price', 'numeric')],
};
const row = (values: RowValues | undefined, key = ['42']): ClaimedRow => ({
  table,
  key,
  version: 7,
  changedAt: 5,
  publishBy: 15_000,
  textIsNew: true,
  values,
});

describe('a row becomes', () => {
  test('an upsert of its text, metadata and the hash of its text', () => {
    const { job, textCut } = render(row({ text: ['Kettle', 'steel'], metadata: ['Kettle', 12.5] }));
    expect(textCut).toBe(false);
    expect(job).toEqual({
      format: 1,
      op: 'upsert',
      index: 'things',
      id: '42',
      version: 7,
      changedAt: 5,
      publishBy: 15_000,
      text: 'Kettle: steel',
      metadata: { name: 'Kettle', price: 12.5 },
      contentHash: contentHash('Kettle: steel', 'text-embedding-3-small', 384),
      textIsNew: true,
    });
    expect(decodeJob(encodeJob(job))).toEqual(job);
  });

  test.each([
    ['it is gone', undefined],
    ['it has no text', { text: [null, ' \n'], metadata: ['Kettle', 1] }],
  ])('a delete where %s', (_, values) => {
    expect(render(row(values)).job).toEqual({
      format: 1,
      op: 'delete',
      index: 'things',
      id: '42',
      version: 7,
      changedAt: 5,
      publishBy: 15_000,
    });
  });

  test('metadata without nulls', () => {
    const { job } = render(row({ text: ['Kettle', null], metadata: [null, 0] }));
    expect(job).toMatchObject({ text: 'Kettle:', metadata: { price: 0 } });
  });
});

test.each([9_000, 65_536, 1_000_000])('a text of %i characters fits, cut or not', (length) => {
  const { job, textCut } = render(row({ text: ['tea '.repeat(length / 4), 'x'], metadata: [] }));
  expect(textCut).toBe(length > 9_000);
  expect(Buffer.byteLength(encodeJob(job))).toBeLessThan(100_000);
});

describe('what cannot be a record says why', () => {
  test.each([
    [
      'a value over 40 KB',
      ['x'.repeat(41_000), 1],
      /metadata is 41\d\d\d bytes .*shorten the row's "name"/,
    ],
    ['a long value of many bytes', ['漢'.repeat(14_000), 1], /takes 40960/],
    ['a number that is none', ['Kettle', NaN], /Column "price" is NaN/],
    ['an endless number', ['Kettle', -Infinity], /Column "price" is -Infinity/],
  ])('%s', (_, metadata, reason) => {
    const values = { text: ['Kettle', null], metadata };
    expect(() => render(row(values))).toThrow(reason);
    expect(() => render(row(values))).toThrow(
      expect.objectContaining({ name: 'PermanentError' }) as Error,
    );
  });

  test('a key too long for an id', () => {
    expect(() => render(row(undefined, ['ü'.repeat(100)]))).toThrow(/key is 600 characters long/);
  });
});
