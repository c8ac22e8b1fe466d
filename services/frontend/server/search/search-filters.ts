import type { Product } from '../../shared/product.ts';

/** Bounds of the results, each inclusive; times in milliseconds since the epoch. */
export interface Bounds {
  price: Range;
  updated: Range;
}

interface Range {
  min?: number | undefined;
  max?: number | undefined;
}

export const isBounded = ({ price, updated }: Bounds) => isRange(price) || isRange(updated);

/** The bounds in Pinecone's filter language, over the metadata that pelican writes; undefined when there are none. */
export function toMetadataFilter({ price, updated }: Bounds): object | undefined {
  const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1_000);
  const parts = [
    ...toOperators('price', price),
    ...toOperators('last_updated', { min: inSeconds(updated.min), max: inSeconds(updated.max) }),
  ];
  return parts.length === 0 ? undefined : { $and: parts };
}

/** Whether a row is still within the bounds; what is absent is not. */
export function isWithin({ price, updated }: Bounds, product: Product): boolean {
  const moment = product.lastUpdated === null ? null : Date.parse(product.lastUpdated);
  return holds(price, product.price) && holds(updated, moment);
}

function toOperators(field: string, { min, max }: Range): object[] {
  return [
    ...(min === undefined ? [] : [{ [field]: { $gte: min } }]),
    ...(max === undefined ? [] : [{ [field]: { $lte: max } }]),
  ];
}

function holds(range: Range, value: number | null): boolean {
  if (!isRange(range)) return true;
  return value !== null && value >= (range.min ?? -Infinity) && value <= (range.max ?? Infinity);
}

const isRange = ({ min, max }: Range) => min !== undefined || max !== undefined;
