import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coalesce } from './coalesce.ts';

const change = fc.record({
  seq: fc.integer({ min: 1, max: 1_000 }).map(String),
  version: fc.constant('2000'),
  keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }),
  text_is_new: fc.constantFrom(true, false, null),
  captured_at: fc.date({ noInvalidDate: true }),
});

test('each key keeps its newest change, and what is known of its text', () => {
  const changes = fc.uniqueArray(change, { selector: ({ seq }) => seq, maxLength: 30 });
  fc.assert(
    fc.property(changes, (rows) => {
      const all = new Set(rows.flatMap((row) => row.keys));
      const coalesced = coalesce(rows);
      expect([...coalesced.keys()].sort()).toEqual([...all].sort());
      for (const key of all) {
        const own = rows.filter((row) => row.keys.includes(key));
        const newest = own.reduce((a, b) => (Number(a.seq) > Number(b.seq) ? a : b));
        const flags = own.map((row) => row.text_is_new);
        expect(coalesced.get(key)).toEqual({
          version: 2000,
          seq: Number(newest.seq),
          changedAt: newest.captured_at.getTime(),
          textIsNew: flags.includes(null) ? null : flags.includes(true),
        });
      }
    }),
  );
});
