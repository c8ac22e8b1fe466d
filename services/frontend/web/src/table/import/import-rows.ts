import { editableColumns, newProductSchema, type NewProduct } from '../../../../shared/product.ts';
import { mostImportRows, type ImportFault } from '../../../../shared/product-import.ts';
import { valueOf } from '../field-text.ts';
import { readRecords, type CsvHead, type Mapping } from './csv-file.ts';

/** Below what the server takes as one body, in characters of UTF-8 at their longest. */
const mostCharacters = 1_000_000;

export interface ReadRow {
  line: number;
  /** Undefined where it has faults. */
  product: NewProduct | undefined;
  faults: ImportFault[];
}

/** Reads the rows of a file, each judged by the product's own rules; a SKU counts once. */
export async function* readRows(
  file: File,
  { header, delimiter }: CsvHead,
  mapping: Mapping,
): AsyncGenerator<ReadRow> {
  const lineOfSku = new Map<string, number>();
  let isHeader = true;
  for await (const { line, fields, fault } of readRecords(file, delimiter)) {
    const say = (message: string) => ({ line, product: undefined, faults: [{ line, message }] });
    if (isHeader) {
      isHeader = false;
    } else if (fault !== undefined) {
      yield say(fault);
    } else if (fields.length !== header.length) {
      yield say(`There are ${fields.length} fields, and the header has ${header.length}`);
    } else {
      const input = Object.fromEntries(
        editableColumns.map((column) => [
          column,
          valueOf(column, fields[mapping[column] ?? -1] ?? ''),
        ]),
      );
      const { data, error } = newProductSchema.safeParse(input);
      const before = data && lineOfSku.get(data.sku);
      if (error) {
        const faults = error.issues.map(({ message }) => ({ line, message }));
        yield { line, product: undefined, faults };
      } else if (before !== undefined) {
        yield say(`SKU ${data.sku} is also that of line ${before}`);
      } else {
        lineOfSku.set(data.sku, line);
        yield { line, product: data, faults: [] };
      }
    }
  }
}

/** The sound rows in parts that are one request each. */
export async function* partsOf(
  rows: AsyncIterable<ReadRow>,
): AsyncGenerator<{ line: number; product: NewProduct }[]> {
  let part: { line: number; product: NewProduct }[] = [];
  let characters = 0;
  for await (const { line, product } of rows) {
    if (product === undefined) continue;
    const length = product.name.length + product.sku.length + product.description.length;
    if (
      part.length === mostImportRows ||
      (part.length > 0 && characters + length > mostCharacters)
    ) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push({ line, product });
    characters += length;
  }
  if (part.length > 0) yield part;
}
