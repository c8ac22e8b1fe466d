import { productAt } from '@aviary/local/products';

const rowsPerChunk = 2_000;

/** Input for COPY (name, sku, description, price) FROM STDIN: the sample shop's products from the first on. */
export function copyChunks(count: number): Buffer[] {
  return Array.from({ length: Math.ceil(count / rowsPerChunk) }, (_, chunk) => {
    const from = chunk * rowsPerChunk;
    const lines = Array.from({ length: Math.min(rowsPerChunk, count - from) }, (__, position) => {
      const { name, sku, description, price } = productAt(from + position, 1);
      return `${name}\t${sku}\t${description}\t${price.toFixed(2)}\n`;
    });
    return Buffer.from(lines.join(''));
  });
}
