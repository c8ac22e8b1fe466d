import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeKey, keyOfRecordId, recordId } from './record-id.ts';

/** Any text that Postgres can hold: all of Unicode without NUL and lone surrogates. */
const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''));
const key = fc.array(text, { minLength: 1, maxLength: 4 });

describe('a record id', () => {
  test('gives any key back', () => {
    fc.assert(
      fc.property(key, (parts) => {
        expect(keyOfRecordId(encodeKey(parts))).toEqual(parts);
      }),
    );
  });

  test('is that of one key only', () => {
    fc.assert(
      fc.property(key, key, (some, others) => {
        const same = JSON.stringify(some) === JSON.stringify(others);
        expect(encodeKey(some) === encodeKey(others)).toBe(same);
      }),
    );
  });

  test('is printable ASCII and never empty, as Pinecone wants it', () => {
    fc.assert(
      fc.property(key, (parts) => {
        expect(encodeKey(parts)).toMatch(/^[!-~]+$/);
      }),
    );
  });

  test.each([
    [['42'], '42'],
    [['a:b', 'c'], 'a%3Ab:c'],
    [['', ''], '%:%'],
    [['100%', 'grün 🐦'], '100%25:gr%C3%BCn%20%F0%9F%90%A6'],
    [['2e1e4a3c-0000-4000-8000-000000000000'], '2e1e4a3c-0000-4000-8000-000000000000'],
  ])('of %j is %s', (parts, id) => {
    expect(recordId(parts)).toBe(id);
  });

  test('has at most 512 characters', () => {
    expect(recordId(['a'.repeat(512)])).toHaveLength(512);
    expect(() => recordId(['a'.repeat(513)])).toThrow(/513 characters .* takes 512/);
    expect(encodeKey(['a'.repeat(513)])).toHaveLength(513);
  });

  test('that is none of Aviary’s is told', () => {
    expect(() => keyOfRecordId('100%')).toThrow(/not a record id of Aviary/);
  });
});
