import type { MetadataValue } from '@aviary/change-job';
import type { Column } from '@aviary/source-table';
import type { ColumnKind, Value } from '../../shared/search.ts';

const kinds: Record<string, ColumnKind> = {
  smallint: 'number',
  integer: 'number',
  bigint: 'number',
  real: 'number',
  'double precision': 'number',
  numeric: 'number',
  boolean: 'boolean',
  date: 'date',
  'timestamp without time zone': 'time',
  'timestamp with time zone': 'time',
  'text[]': 'list',
  'character varying[]': 'list',
};

/** What the index has of a column, as people see it: as pelican writes it. */
export const kindOf = ({ type }: Column): ColumnKind => kinds[type] ?? 'text';

/** The index's value as it is shown; null for what is beyond numbers and times, such as infinity. */
export function shown(kind: ColumnKind, value: MetadataValue | null): Value | null {
  if (typeof value !== 'number') return value;
  if (!Number.isFinite(value)) return null;
  if (kind !== 'time' && kind !== 'date') return value;
  const moment = new Date(value * 1_000);
  if (Number.isNaN(moment.getTime())) return null;
  return kind === 'date' ? moment.toISOString().slice(0, 10) : moment.toISOString();
}
