import type { Hit, MetadataColumn, SearchPage, Value } from '../../../shared/search.ts';
import { formatMoment, formatNumber } from '../formats.ts';

export interface Fact {
  column: string;
  label: string;
  value: string;
}

/** What a result says besides its text: its metadata that is there, and of its key what is not among them. */
export function factsOf(hit: Hit, columns: SearchPage['columns']): Fact[] {
  const fact = (column: string, value: string): Fact => ({
    column,
    label: column.replaceAll('_', ' '),
    value,
  });
  const metadata = columns.metadata.filter(({ name }) => !columns.text.includes(name));
  const known = new Set([...columns.text, ...metadata.map(({ name }) => name)]);
  return [
    ...metadata.flatMap((column) => {
      const value = hit.metadata[column.name] ?? null;
      return value === null ? [] : [fact(column.name, format(column, value))];
    }),
    ...columns.key
      .filter((name) => !known.has(name))
      .map((name) => fact(name, hit.key[name] ?? '')),
  ];
}

function format({ kind }: MetadataColumn, value: Value): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.join(', ');
  if (kind === 'time') return formatMoment(value);
  return kind === 'date' ? formatMoment(`${value}T00:00`) : value;
}
