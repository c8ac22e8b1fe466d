import type { AuditExample, AuditFindings } from '../audit/audit-findings.ts';
import { group } from './backfill-progress.ts';
import { columns } from './columns.ts';
import { duration } from './pace.ts';

export type Verdict = 'in step' | 'mended' | 'different' | 'undecided';

/** What the findings come to. A foreign record is a difference; a row that can have no record is none. */
export function verdictOf(found: AuditFindings): Verdict {
  const faults = faultsOf(found);
  if (faults > found.mended || found.foreign > 0) return 'different';
  if (found.undecided > 0) return 'undecided';
  return faults > 0 ? 'mended' : 'in step';
}

const faultsOf = ({ missing, stale, orphaned }: AuditFindings) => missing + stale + orphaned;

/** What was found in columns, examples, and what to do about them. */
export function auditReport(
  audited: readonly AuditFindings[],
  how: { repair: boolean; waitSeconds: number },
): string {
  const heading = ['INDEX', 'ROWS', 'RECORDS', 'MISSING', 'STALE', 'ORPHANED', 'UNDECIDED'];
  const rows = audited.map((found) => [
    found.index,
    ...[found.rows, found.records, found.missing, found.stale, found.orphaned, found.undecided].map(
      group,
    ),
    ...(how.repair ? [group(found.mended)] : []),
    duration(found.seconds),
  ]);
  const overview = columns([...heading, ...(how.repair ? ['MENDED'] : []), 'TIME'], rows);
  const details = audited.flatMap((found) => {
    const lines = [...examplesOf(found), ...nextSteps(found, how)];
    return lines.length === 0 ? [] : ['', `${found.index}:`, ...lines.map((line) => `  ${line}`)];
  });
  return [overview, ...details].join('\n');
}

function examplesOf({ examples }: AuditFindings): string[] {
  if (examples.length === 0) return [];
  const rows = examples.map((example) => [
    `${example.kind}${example.mended ? ', mended' : ''}`,
    keyOf(example),
    example.what,
  ]);
  return [...columns(['WHAT', 'KEY', 'DETAILS'], rows).split('\n'), ''];
}

const keyOf = ({ key, id }: AuditExample) =>
  key === undefined
    ? id
    : Object.entries(key)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ');

function nextSteps(
  found: AuditFindings,
  { repair, waitSeconds }: { repair: boolean; waitSeconds: number },
): string[] {
  const { index, undecided, foreign, unindexable } = found;
  const unmended = faultsOf(found) - found.mended;
  const one = unmended === 1;
  const steps: string[] = [];
  if (unmended > 0 && !repair) {
    steps.push(
      `${rows(unmended)} ${one ? 'differs' : 'differ'} from the index. To send ${one ? 'it' : 'them'} again: aviary audit ${index} --repair`,
    );
  }
  if (unmended > 0 && repair) {
    steps.push(
      `${rows(unmended)} ${one ? 'was' : 'were'} sent again and not mended within ${waitSeconds} s. See aviary dead-letters list, and whether /readyz of pelican and emu says that something is away.`,
    );
  }
  if (undecided > 0) {
    steps.push(
      `${rows(undecided)} may still be on ${undecided === 1 ? 'its' : 'their'} way after ${waitSeconds} s: ${placesOf(found)}. Let pelican and emu catch up and run it again, or wait longer with --wait.`,
    );
  }
  if (foreign > 0) {
    steps.push(
      `${counted(foreign, 'record has an id', 'records have ids')} that no row of this table would have: something else writes to this namespace, and Aviary leaves it alone. Delete what is not wanted, and give the other writer a namespace of its own.`,
    );
  }
  if (unindexable > 0) {
    steps.push(
      `${rows(unindexable)} can have no record, for the reason given. Correct the row, which sends it again; see aviary dead-letters list.`,
    );
  }
  return steps;
}

/** Where the changes were that were waited for in vain. */
function placesOf({ onItsWay }: AuditFindings): string {
  if (onItsWay === undefined) return 'nothing was looked at';
  const { backfill, outbox, queue, refreshQueue } = onItsWay;
  const queued = queue.visible + queue.inFlight;
  const requests = refreshQueue.visible + refreshQueue.inFlight + refreshQueue.delayed;
  const places = [
    ...(backfill ? ['a backfill is under way'] : []),
    ...(outbox > 0 ? [counted(outbox, 'waits', 'wait') + ' in the outbox'] : []),
    ...(queued > 0
      ? [
          `${counted(queued, 'change is', 'changes are')} in the queue, ${group(queue.inFlight)} of them with an emu`,
        ]
      : []),
    ...(requests > 0
      ? [counted(requests, 'request to read rows anew waits', 'requests to read rows anew wait')]
      : []),
  ];
  // The queues came to rest, and not for long enough.
  return places.length > 0 ? places.join('; ') : 'nothing waits any more, since a moment ago';
}

const counted = (count: number, one: string, many: string) =>
  `${group(count)} ${count === 1 ? one : many}`;

const rows = (count: number) => counted(count, 'row', 'rows');
