import { encodeKey } from '@aviary/change-job';
import type { DifferenceKind } from './audit-difference.ts';
import type { Suspect } from './audit-suspects.ts';
import type { OnItsWay } from './audit-transit.ts';
import type { CapturedTable } from '../capture/capture.ts';

/** What an audit found. */
export interface AuditFindings {
  index: string;
  rows: number;
  records: number;
  /** Differences that are faults, repaired or not. */
  missing: number;
  stale: number;
  orphaned: number;
  /** Of those, how many were in step after a repair. */
  mended: number;
  /** Differences that may be on their way. */
  undecided: number;
  /** Records under ids that no row of this table would have. */
  foreign: number;
  /** Rows that can have no record, each with a dead letter. */
  unindexable: number;
  examples: AuditExample[];
  /** What was last seen on its way, where something is undecided. */
  onItsWay: OnItsWay | undefined;
  seconds: number;
}

export interface AuditExample {
  kind: DifferenceKind | 'undecided' | 'foreign' | 'unindexable';
  /** The record's id. */
  id: string;
  /** The row's key, column by column; undefined for a foreign id. */
  key: Record<string, string> | undefined;
  /** What differs, in words. */
  what: string;
  /** Columns that differ. */
  fields: string[];
  mended: boolean;
}

/** Counts what is found, and keeps a few examples of each kind: thousands of missing records hide no stale one. */
export class FindingsSoFar {
  readonly findings: AuditFindings;
  readonly #table: CapturedTable;
  readonly #examplesEach: number;

  constructor(table: CapturedTable, examplesEach: number) {
    this.#table = table;
    this.#examplesEach = examplesEach;
    this.findings = {
      index: table.index.name,
      rows: 0,
      records: 0,
      missing: 0,
      stale: 0,
      orphaned: 0,
      mended: 0,
      undecided: 0,
      foreign: 0,
      unindexable: 0,
      examples: [],
      onItsWay: undefined,
      seconds: 0,
    };
  }

  fault(suspect: Suspect, mended: boolean): void {
    const { kind } = suspect.difference;
    this.findings[kind] += 1;
    if (mended) this.findings.mended += 1;
    this.#differs(suspect, kind, mended);
  }

  undecided(suspect: Suspect): void {
    this.findings.undecided += 1;
    this.#differs(suspect, 'undecided', false);
  }

  foreign(id: string): void {
    this.findings.foreign += 1;
    this.#example('foreign', id, { what: 'no row of this table has such an id' });
  }

  unindexable(key: readonly string[], reason: string, hasRecord: boolean): void {
    this.findings.unindexable += 1;
    const what = hasRecord ? `${reason} An older record of it is there.` : reason;
    this.#example('unindexable', encodeKey(key), { key, what });
  }

  #differs({ key, difference }: Suspect, kind: AuditExample['kind'], mended: boolean): void {
    const { what, fields } = difference;
    this.#example(kind, encodeKey(key), { key, what, fields, mended });
  }

  #example(
    kind: AuditExample['kind'],
    id: string,
    found: { key?: readonly string[]; what: string; fields?: string[]; mended?: boolean },
  ): void {
    const { examples } = this.findings;
    if (examples.filter((known) => known.kind === kind).length >= this.#examplesEach) return;
    const { key, what, fields = [], mended = false } = found;
    const named = key && this.#table.key.map(({ name }, at) => [name, key[at]]);
    const keyColumns = named && (Object.fromEntries(named) as Record<string, string>);
    examples.push({ kind, id, key: keyColumns, what, fields, mended });
  }
}
