import { hash } from 'node:crypto';
import { encodeKey, provenanceOf, type MetadataValue, type UpsertJob } from '@aviary/change-job';
import { PermanentError } from '@aviary/runtime';
import type { VectorRecord } from '@aviary/vector-index';
import type { CapturedTable } from '../capture/capture.ts';
import type { RowValues } from '../claimed-row.ts';
import { render } from '../render.ts';

/** What is wrong with a record: it is not there, says something else than its row, or has no reason to be. */
export type DifferenceKind = 'missing' | 'stale' | 'orphaned';

export interface Difference {
  kind: DifferenceKind;
  /** Which columns differ, `text` for the whole of the template's; never what stands in them. */
  fields: string[];
  /** In words, for people. */
  what: string;
  /** Equal while neither the row nor the record changes. */
  state: string;
}

/** What a row asks of the index. */
export type Demand =
  | { demand: 'record'; job: Pick<UpsertJob, 'contentHash' | 'metadata'> }
  | { demand: 'none'; because: 'its row is gone' | 'its row has no text' }
  /** Its changes become dead letters, and a record that was there stays. */
  | { demand: 'impossible'; reason: string };

/** What pelican would publish of this row now. */
export function demandOf(
  table: CapturedTable,
  key: string[],
  values: RowValues | undefined,
): Demand {
  try {
    const order = { version: 0, changedAt: 0, publishBy: 0, textIsNew: false };
    const { job } = render({ table, key, values, ...order });
    if (job.op === 'upsert') return { demand: 'record', job };
    const because = values === undefined ? 'its row is gone' : 'its row has no text';
    return { demand: 'none', because };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { demand: 'impossible', reason: error.message };
  }
}

/** @returns undefined where the record is what the row asks for, or the row cannot have one. */
export function differenceOf(
  key: readonly string[],
  demand: Demand,
  record: VectorRecord | undefined,
): Difference | undefined {
  if (demand.demand === 'impossible') return undefined;
  const job = demand.demand === 'record' ? demand.job : undefined;
  const differs = (kind: DifferenceKind, what: string, fields: string[] = []): Difference => ({
    kind,
    fields,
    what,
    state: stateOf(key, job, record),
  });
  if (demand.demand === 'none') return record && differs('orphaned', demand.because);
  if (record === undefined) return differs('missing', 'no record');
  const fields = staleFields(demand.job, record);
  return fields.length > 0
    ? differs('stale', `differs in ${fields.join(', ')}`, fields)
    : undefined;
}

function staleFields(
  { contentHash, metadata }: Pick<UpsertJob, 'contentHash' | 'metadata'>,
  record: VectorRecord,
): string[] {
  const fields = provenanceOf(record.metadata)?.contentHash === contentHash ? [] : ['text'];
  for (const [name, value] of Object.entries(metadata)) {
    if (!isSame(value, record.metadata[name])) fields.push(name);
  }
  for (const name of Object.keys(record.metadata)) {
    if (!name.startsWith('aviary_') && !Object.hasOwn(metadata, name)) fields.push(name);
  }
  return fields;
}

function isSame(wanted: MetadataValue, found: MetadataValue | undefined): boolean {
  if (!Array.isArray(wanted)) return wanted === found;
  return (
    Array.isArray(found) &&
    found.length === wanted.length &&
    wanted.every((element, position) => element === found[position])
  );
}

function stateOf(
  key: readonly string[],
  job: Pick<UpsertJob, 'contentHash' | 'metadata'> | undefined,
  record: VectorRecord | undefined,
): string {
  const state = [encodeKey(key), job?.contentHash, job?.metadata, record?.metadata];
  return hash('sha256', JSON.stringify(state), 'base64url').slice(0, 22);
}
