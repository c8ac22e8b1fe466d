import { isDeepStrictEqual } from 'node:util';
import type { ChangeJob } from '@aviary/change-job';
import type { VectorRecord } from '@aviary/vector-index';
import { poisonNames, type ExpectedRecord } from './expected.ts';

/** What was found after the storm. Maps are by row. */
export interface Findings {
  expected: ReadonlyMap<string, ExpectedRecord>;
  records: ReadonlyMap<string, VectorRecord>;
  /** Of each expected text, as the embedder gives it. */
  vectors: ReadonlyMap<string, Float32Array>;
  /** The job of the highest version that the queue took. */
  newest: ReadonlyMap<string, ChangeJob>;
  /** The rows of the dead letters; undefined for a message that SQS gave up. */
  deadLetters: readonly (string | undefined)[];
  /** Milliseconds since the epoch. */
  beganAt: number;
  endedAt: number;
}

export interface Difference {
  row: string;
  what: string;
}

/** All that is not as it must be. */
export function judge(findings: Findings): Difference[] {
  const { expected, records } = findings;
  const names = [...new Set([...expected.keys(), ...records.keys()])].sort();
  return [
    ...names.flatMap((row) => judgeRow(row, findings).map((what) => ({ row, what }))),
    ...judgeAbsent(findings),
    ...judgeDeadLetters(findings.deadLetters),
  ];
}

function judgeRow(row: string, findings: Findings): string[] {
  const expected = findings.expected.get(row);
  const record = findings.records.get(row);
  const job = findings.newest.get(row);
  if (record === undefined) return [`missing; the newest job is ${describe(job)}`];
  if (expected === undefined) {
    return [
      `orphaned, of version ${said(record.metadata.aviary_version)}; the newest job is ${describe(job)}`,
    ];
  }
  const { aviary_hash, aviary_version, aviary_changed_at } = record.metadata;
  const metadata = Object.fromEntries(
    Object.entries(record.metadata).filter(([name]) => !name.startsWith('aviary_')),
  );
  const faults: string[] = [];
  if (!isDeepStrictEqual(metadata, expected.metadata)) {
    faults.push(`metadata is ${said(metadata)}, must be ${said(expected.metadata)}`);
  }
  if (aviary_hash !== expected.contentHash) {
    faults.push(`content hash is ${said(aviary_hash)}, must be ${expected.contentHash}`);
  }
  if (aviary_version !== job?.version || job?.op !== 'upsert') {
    faults.push(`version is ${said(aviary_version)}, the newest job is ${describe(job)}`);
  }
  const changedAt = Number(aviary_changed_at);
  if (!(changedAt >= findings.beganAt && changedAt <= findings.endedAt)) {
    faults.push(`changed at ${said(aviary_changed_at)}, which is not within the storm`);
  }
  const vector = findings.vectors.get(expected.text);
  if (vector === undefined || !isDeepStrictEqual(Float32Array.from(record.values), vector)) {
    faults.push('the vector is not that of the present text');
  }
  return faults;
}

/** What is gone must have been told to be gone last. */
function judgeAbsent({ newest, expected, records }: Findings): Difference[] {
  return [...newest]
    .filter(([row, job]) => {
      const isAbsent = !expected.has(row) && !records.has(row) && !poisonNames.has(row);
      return isAbsent && job.op !== 'delete';
    })
    .map(([row, job]) => ({ row, what: `rightly absent, but the newest job is ${describe(job)}` }));
}

function judgeDeadLetters(letters: Findings['deadLetters']): Difference[] {
  const buried = new Set(letters);
  const extra = [...buried].filter((row) => row === undefined || !poisonNames.has(row));
  const lacking = [...poisonNames].filter((row) => !buried.has(row));
  return [
    ...extra.map((row) => ({
      row: row ?? '(a message)',
      what: row === undefined ? 'SQS gave it up' : 'a dead letter of a sound row',
    })),
    ...lacking.map((row) => ({ row, what: 'poison without a dead letter' })),
  ];
}

const said = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

const describe = (job: ChangeJob | undefined) =>
  job === undefined ? 'none' : `version ${job.version} (${job.op})`;
