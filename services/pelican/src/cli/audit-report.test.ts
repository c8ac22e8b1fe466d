import { expect, test } from 'vitest';
import type { AuditFindings } from '../audit/audit-findings.ts';
import { auditReport, verdictOf } from './audit-report.ts';

const found = (some: Partial<AuditFindings> = {}): AuditFindings => ({
  index: 'products',
  rows: 12_345,
  records: 12_344,
  missing: 0,
  stale: 0,
  orphaned: 0,
  mended: 0,
  undecided: 0,
  foreign: 0,
  unindexable: 0,
  examples: [],
  onItsWay: undefined,
  seconds: 83.2,
  ...some,
});

test.each([
  ['in step', {}],
  ['in step', { unindexable: 3 }],
  ['different', { missing: 1 }],
  ['different', { missing: 1, undecided: 1 }],
  ['different', { stale: 2, mended: 1 }],
  ['mended', { stale: 2, orphaned: 1, mended: 3 }],
  ['undecided', { undecided: 1 }],
  ['undecided', { stale: 1, mended: 1, undecided: 1 }],
  ['different', { foreign: 1 }],
] as const)('%s: %o', (verdict, some) => expect(verdictOf(found(some))).toBe(verdict));

test('what is in step is one line', () => {
  expect(auditReport([found()], { repair: false, waitSeconds: 120 })).toBe(
    `INDEX      ROWS     RECORDS   MISSING   STALE   ORPHANED   UNDECIDED   TIME
products   12,345   12,344    0         0       0          0           1 min 23 s`,
  );
});

test('differences come with keys, columns and the next step', () => {
  const example = { key: { id: '7', store: 'a' }, id: '7:a', mended: false };
  const report = auditReport(
    [
      found({
        stale: 1,
        undecided: 2,
        foreign: 1,
        onItsWay: {
          backfill: false,
          outbox: 1,
          queue: { visible: 5, inFlight: 2, delayed: 0 },
          refreshQueue: { visible: 0, inFlight: 0, delayed: 3 },
        },
        examples: [
          { ...example, kind: 'stale', what: 'differs in price, text', fields: ['price', 'text'] },
          {
            kind: 'foreign',
            key: undefined,
            id: '100%',
            mended: false,
            what: 'no row of this table has such an id',
            fields: [],
          },
        ],
      }),
    ],
    { repair: false, waitSeconds: 120 },
  );
  expect(report).toContain('stale     id=7 store=a   differs in price, text');
  expect(report).toContain('foreign   100%');
  expect(report).toContain(
    '1 row differs from the index. To send it again: aviary audit products --repair',
  );
  expect(report).toContain(
    '2 rows may still be on their way after 120 s: 1 waits in the outbox; 7 changes are in the queue, 2 of them with an emu; 3 requests to read rows anew wait.',
  );
  expect(report).toContain('give the other writer a namespace of its own');
});

test('what a repair did not mend is told', () => {
  const report = auditReport([found({ missing: 2, mended: 1 })], { repair: true, waitSeconds: 60 });
  expect(report).toMatch(/MENDED +TIME/);
  expect(report).toContain('1 row was sent again and not mended within 60 s');
});
