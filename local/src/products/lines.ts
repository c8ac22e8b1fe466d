import type { Product } from './generate-products.ts';

/** Of `products_with_increment`, in the order of a line's values. */
export const productColumns = [
  'name',
  'sku',
  'description',
  'price',
  'last_updated',
  'uuid',
] as const;

/** A row in COPY's text format. No generated value holds a tab, line break or backslash to escape. */
export function copyLine(product: Product): string {
  return `${product.name}\t${product.sku}\t${product.description}\t${product.price.toFixed(2)}\t${product.lastUpdated.toISOString()}\t${product.uuid}\n`;
}

/** A row as CSV by RFC 4180, though with the line ends of Unix. */
export function csvLine(product: Product): string {
  return `${quoted(product.name)},${product.sku},${quoted(product.description)},${product.price.toFixed(2)},${product.lastUpdated.toISOString()},${product.uuid}\n`;
}

const quoted = (text: string) => `"${text.includes('"') ? text.replaceAll('"', '""') : text}"`;

const rowsPerChunk = 1_000;

/** The rows' lines, a thousand in a string, so that no stream is busy with single rows. */
export function* linesOf<Row>(
  rows: Iterable<Row>,
  line: (row: Row) => string,
  onProgress?: (rows: number) => void,
): Generator<string> {
  let chunk = '';
  let count = 0;
  for (const row of rows) {
    chunk += line(row);
    count += 1;
    if (count % rowsPerChunk === 0) {
      yield chunk;
      onProgress?.(count);
      chunk = '';
    }
  }
  if (chunk !== '') {
    yield chunk;
    onProgress?.(count);
  }
}
