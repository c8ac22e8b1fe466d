import type { ProductFilter } from '../../shared/product.ts';

/** A condition on `row`, with its values from $1 on. */
export interface Condition {
  sql: string;
  values: (string | number)[];
}

/** Each is a scan's worth of comparisons. */
const mostWords = 8;

/** @returns undefined where the filter lets everything through. */
export function conditionOf(filter: ProductFilter): Condition | undefined {
  const values: Condition['values'] = [];
  const parts: string[] = [];
  const value = (given: string | number) => `$${values.push(given)}`;
  for (const word of wordsOf(filter.text ?? '')) {
    const pattern = value(`%${escapeLike(word)}%`);
    const columns = ['name', 'sku', 'description'];
    parts.push(`(${columns.map((column) => `row.${column}::text ilike ${pattern}`).join(' or ')})`);
  }
  if (filter.minPrice !== undefined) parts.push(`row.price >= ${value(filter.minPrice)}`);
  if (filter.maxPrice !== undefined) parts.push(`row.price <= ${value(filter.maxPrice)}`);
  if (filter.updatedFrom !== undefined) {
    parts.push(`row.last_updated >= ${value(filter.updatedFrom)}::timestamptz`);
  }
  if (filter.updatedUntil !== undefined) {
    parts.push(`row.last_updated < ${value(filter.updatedUntil)}::timestamptz`);
  }
  return parts.length === 0 ? undefined : { sql: parts.join(' and '), values };
}

/** The words of a text, the rest of a long one as one. */
function wordsOf(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const rest = words.splice(mostWords - 1).join(' ');
  return rest === '' ? words : [...words, rest];
}

/** A text as a pattern of LIKE that matches it alone. */
export function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (special) => `\\${special}`);
}
