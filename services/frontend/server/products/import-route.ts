import type { Express, Response } from 'express';
import { newProductSchema } from '../../shared/product.ts';
import {
  productImportSchema,
  type ImportFault,
  type ProductImportAnswer,
} from '../../shared/product-import.ts';
import { parseInput } from '../problems.ts';
import type { ImportRow } from './product-import.ts';
import type { ProductsDesk } from './products-desk.ts';

/** Takes a part of a file. A faulty row is answered by its line, and the others are written. */
export function addImportRoute(
  app: Express,
  parts: { products: ProductsDesk; onWrite: () => void },
): void {
  app.post('/api/products/import', async (request, response: Response<ProductImportAnswer>) => {
    const { existing, rows } = parseInput(productImportSchema, request.body);
    const { sound, faults } = judge(rows);
    const answer = await parts.products.current.bulk.write(sound, existing);
    parts.onWrite();
    const all = [...faults, ...answer.faults].sort((a, b) => a.line - b.line);
    response.json({ ...answer, faults: all });
  });
}

function judge(rows: readonly { line: number; product?: unknown }[]): {
  sound: ImportRow[];
  faults: ImportFault[];
} {
  const sound: ImportRow[] = [];
  const faults: ImportFault[] = [];
  const lineOf = new Map<string, number>();
  for (const { line, product } of rows) {
    const { data, error } = newProductSchema.safeParse(product);
    const before = data && lineOf.get(data.sku);
    if (error) faults.push(...error.issues.map(({ message }) => ({ line, message })));
    else if (before !== undefined)
      faults.push({ line, message: `SKU ${data.sku} is also that of line ${before}` });
    else sound.push({ line, product: data });
    if (data && before === undefined) lineOf.set(data.sku, line);
  }
  return { sound, faults };
}
