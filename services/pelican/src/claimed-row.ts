import type { MetadataValue } from '@aviary/change-job';
import type { CapturedTable } from './capture/capture.ts';

/** A row that changed, coalesced from all its changes that were claimed, in its present state. */
export interface ClaimedRow {
  table: CapturedTable;
  /** Key columns as text. */
  key: string[];
  /** Grows from claim to claim of a row. */
  version: number;
  /** Of the newest change, in milliseconds since the epoch. */
  changedAt: number;
  /** See ChangeJob. */
  publishBy: number;
  textIsNew: boolean;
  /** Column values in the order of the spec, or undefined when the row is gone. */
  values: RowValues | undefined;
}

export interface RowValues {
  text: (string | null)[];
  metadata: (MetadataValue | null)[];
}
