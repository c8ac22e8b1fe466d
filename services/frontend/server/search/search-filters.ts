import type { SourceTable } from '@aviary/source-table';
import type { MetadataValue } from '@aviary/change-job';
import { z } from 'zod';
import type { MetadataColumn } from '../../shared/search.ts';
import { RequestError } from '../problems.ts';
import { kindOf } from './column-kind.ts';

/** What a metadata column has to be. Values are the index's own: times are seconds since the epoch. */
export type Filter = { column: string } & (
  { min: number | undefined; max: number | undefined } | { oneOf: string[] } | { oneOf: boolean[] }
);

/** Values of one filter. */
const mostValues = 50;
const longestValue = 1_000;

const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/**
 * Reads filters from a query string: `price.min=10`, `price.max=20`, `aisle.is=A1&aisle.is=B2`. Other parameters are
 * none.
 *
 * @throws RequestError that lists every fault.
 */
export function readFilters(
  given: Record<string, unknown>,
  table: Pick<SourceTable, 'metadata' | 'index'>,
): Filter[] {
  const errors: { field: string; message: string }[] = [];
  const filters = new Map<string, Filter>();
  for (const [field, value] of Object.entries(given)) {
    const { name, operator } = /^(?<name>.+)\.(?<operator>min|max|is)$/s.exec(field)?.groups ?? {};
    if (name === undefined || operator === undefined) continue;
    const values = (Array.isArray(value) ? value : [value]).map(String);
    const column = table.metadata.find((one) => one.name === name);
    if (column === undefined) {
      const there = table.metadata.map((one) => one.name).join(', ');
      const message = `${field} names no metadata column of SemanticIndex "${table.index.name}"; it has ${there || 'none'}`;
      errors.push({ field, message });
      continue;
    }
    const read = readOne({ name, kind: kindOf(column) }, operator, values, filters.get(name));
    if (typeof read === 'string') errors.push({ field, message: `${field} ${read}` });
    else filters.set(name, read);
  }
  for (const filter of filters.values()) {
    if ('min' in filter && (filter.min ?? -Infinity) > (filter.max ?? Infinity)) {
      const field = `${filter.column}.min`;
      errors.push({ field, message: `${field} is above ${filter.column}.max: nothing is both` });
    }
  }
  if (errors.length > 0) {
    throw new RequestError(400, errors.map(({ message }) => message).join('; '), errors);
  }
  return [...filters.values()];
}

/** @returns the column's filter, or what is wrong with it. */
function readOne(
  { name: column, kind }: MetadataColumn,
  operator: string,
  values: string[],
  before: Filter | undefined,
): Filter | string {
  const isRange = kind === 'number' || kind === 'time' || kind === 'date';
  if (isRange !== (operator !== 'is')) {
    const operators = isRange ? `${column}.min and ${column}.max` : `${column}.is`;
    return `does not fit: the column is a ${kind}, to be filtered by ${operators}`;
  }
  if (!isRange) {
    if (values.length > mostValues) return `may have at most ${mostValues} values`;
    if (kind !== 'boolean') {
      const isOdd = (text: string) => text.length > longestValue || text.includes('\0');
      return values.some(isOdd)
        ? `may have at most ${longestValue} characters, and no NUL`
        : { column, oneOf: values };
    }
    return values.every((text) => text === 'true' || text === 'false')
      ? { column, oneOf: values.map((text) => text === 'true') }
      : 'must be true or false';
  }
  const [text = '', another] = values;
  if (another !== undefined) return 'may be given once';
  const bound = kind === 'number' ? numberOf(text) : secondsOf(text);
  if (bound === undefined) {
    return kind === 'number'
      ? 'must be a number, such as 19.90'
      : 'must be a date or a time in ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z';
  }
  return { column, min: undefined, max: undefined, ...before, [operator]: bound };
}

const numberOf = (text: string) =>
  /^-?\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;

const secondsOf = (text: string) =>
  moment.safeParse(text).success ? Date.parse(text) / 1_000 : undefined;

/** The filters in Pinecone's language, over the metadata that pelican writes; undefined when there are none. */
export function toMetadataFilter(filters: readonly Filter[]): object | undefined {
  const parts = filters.flatMap((filter): object[] => {
    const { column } = filter;
    if ('oneOf' in filter) return [{ [column]: { $in: filter.oneOf } }];
    return [
      ...(filter.min === undefined ? [] : [{ [column]: { $gte: filter.min } }]),
      ...(filter.max === undefined ? [] : [{ [column]: { $lte: filter.max } }]),
    ];
  });
  return parts.length === 0 ? undefined : { $and: parts };
}

/** Whether a row still passes, by its metadata as the index has it; what is absent does not. */
export function passes(
  filters: readonly Filter[],
  valueOf: (column: string) => MetadataValue | null,
): boolean {
  return filters.every((filter) => {
    const value = valueOf(filter.column);
    if (value === null) return false;
    if ('oneOf' in filter) {
      const wanted: readonly unknown[] = filter.oneOf;
      return Array.isArray(value)
        ? value.some((item) => wanted.includes(item))
        : wanted.includes(value);
    }
    const { min = -Infinity, max = Infinity } = filter;
    return typeof value === 'number' && value >= min && value <= max;
  });
}
