import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedIds } from './sorted-ids.ts';

const id = fc.stringMatching(/^[ab:]{1,4}$/);
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('add' as const, 'delete' as const), id }),
  fc.record({
    kind: fc.constant('page' as const),
    prefix: fc.stringMatching(/^[ab:]{0,2}$/),
    after: fc.option(id, { nil: undefined }),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
);

test('pages are those of a set that is sorted anew each time', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ids = new SortedIds();
      const model = new Set<string>();
      for (const s of steps) {
        if (s.kind === 'page') {
          const { prefix, after, limit } = s;
          const wanted = [...model]
            .filter((one) => one.startsWith(prefix) && (after === undefined || one > after))
            .sort()
            .slice(0, limit);
          // A token always comes from a page of the same prefix.
          if (after?.startsWith(prefix) ?? true) {
            expect(ids.page(prefix, after, limit)).toEqual(wanted);
          }
        } else if (s.kind === 'add' && !model.has(s.id)) {
          model.add(s.id);
          ids.add(s.id);
        } else if (s.kind === 'delete' && model.delete(s.id)) ids.delete(s.id);
      }
    }),
    { numRuns: 1000 },
  );
});
