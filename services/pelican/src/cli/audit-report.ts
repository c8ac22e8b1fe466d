import type { AuditExample, AuditFindings } from '../audit-findings.ts';
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
  const steps: string[] = [];
  const unmended = faultsOf(found) - found.mended;
  if (unmended > 0 && !repair) {
    steps.push(
      `${rows(unmended)} ${unmended === 1 ? 'differs' : 'differ'} from the index. To send them again: aviary audit ${found.index} --repair`,
    );
  }
  if (unmended > 0 && repair) {
    steps.push(
      `${rows(unmended)} ${unmended === 1 ? 'was' : 'were'} sent again and not mended within ${waitSeconds} s. See: aviary dead-letters list; and whether /readyz of pelican and emu says that something is away.`,
    );
  }
  if (found.undecided > 0) steps.push(undecided(found, waitSeconds));
  if (found.foreign > 0) {
    steps.push(
      `${group(found.foreign)} record(s) have ids that no row of this table would have: something else writes to this namespace. Aviary leaves them alone. Give the other writer a namespace of its own, or delete those records.`,
    );
  }
  if (found.unindexable > 0) {
    steps.push(
      `${rows(found.unindexable)} can have no record, for the reason given. Correct them; their dead letters: aviary dead-letters list`,
    );
  }
  return steps;
}

function undecided({ undecided: count, onItsWay }: AuditFindings, waitSeconds: number): string {
  const places: string[] = [];
  const { backfill, outbox, queue, refreshQueue } = onItsWay ?? {};
  if (backfill === true) places.push('a backfill is under way');
  if ((outbox ?? 0) > 0) places.push(`${group(outbox ?? 0)} wait in the outbox`);
  const inQueue = (queue?.visible ?? 0) + (queue?.inFlight ?? 0);
  if (inQueue > 0)
    places.push(
      `${group(inQueue)} changes wait in the queue, ${group(queue?.inFlight ?? 0)} of them with an emu`,
    );
  const asked =
    (refreshQueue?.visible ?? 0) + (refreshQueue?.inFlight ?? 0) + (refreshQueue?.delayed ?? 0);
  if (asked > 0) places.push(`${group(asked)} requests to read rows anew wait`);
  const where = places.length > 0 ? places.join('; ') : 'there was no time to tell';
  return `${rows(count)} may still be on their way, ${waitSeconds} s long: ${where}. Let pelican and emu catch up and run it again, or wait longer with --wait.`;
}

const rows = (count: number) => `${group(count)} row${count === 1 ? '' : 's'}`;
