import { expect, test } from 'vitest';
import { readRecords } from './upsert-body.ts';

test('ids and prices are read, whatever the other members hold', () => {
  const vectors = [
    { id: '1', values: [0.1, -2e-7], metadata: { name: 'a "quoted" },{"id":"9', price: 12.5 } },
    { id: 'grün:2', values: [], metadata: { name: '[1]' } },
    { id: '3', values: [1], metadata: { price: 1_000_001, tags: ['x'] } },
  ];
  const body = Buffer.from(JSON.stringify({ vectors, namespace: 'products' }));
  expect(readRecords(body)).toEqual([
    { id: '1', price: 12.5 },
    { id: 'grün:2', price: Number.NaN },
    { id: '3', price: 1_000_001 },
  ]);
});

test('an empty upsert has none', () => {
  expect(readRecords(Buffer.from('{"vectors":[]}'))).toEqual([]);
});
