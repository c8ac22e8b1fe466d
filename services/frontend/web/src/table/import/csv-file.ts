import { parse, type CsvError } from 'csv-parse/browser/esm';
import { editableColumns, type EditableColumn } from '../../../../shared/product.ts';

/** Above the longest description, quoted. A quote that is never closed ends here. */
const longestRecord = 4_000_000;

/** Which column of the file is which field, by its place. */
export type Mapping = Record<EditableColumn, number | undefined>;

/** One record of the file, or why it could not be read. */
export interface CsvRecord {
  /** Where it begins. */
  line: number;
  fields: string[];
  fault: string | undefined;
}

export interface CsvHead {
  header: string[];
  /** The first records behind it. */
  samples: string[][];
  delimiter: string;
}

const delimiters = [',', ';', '\t', '|'];

/** Reads the header of a file. @throws Error for people, when it has none. */
export async function readHead(file: File): Promise<CsvHead> {
  const beginning = (await file.slice(0, 65_536).text()).replace(/^\uFEFF/, '');
  if (beginning.trim() === '')
    throw new Error('The file is empty: its first line must name the columns.');
  const [firstLine = ''] = beginning.split(/\r?\n|\r/);
  const delimiter = delimiters.reduce((best, one) =>
    firstLine.split(one).length > firstLine.split(best).length ? one : best,
  );
  const records: string[][] = [];
  for await (const { fields, fault } of readRecords(file, delimiter)) {
    if (fault === undefined) records.push(fields);
    if (records.length === 4) break;
  }
  const [header = [], ...samples] = records;
  return { header, samples, delimiter };
}

/** Fields by the names of columns, as far as they say. */
export function mappingOf(header: readonly string[]): Mapping {
  const names = header.map((name) => name.trim().toLowerCase());
  const place = (column: EditableColumn) => {
    const found = names.indexOf(column);
    return found < 0 ? undefined : found;
  };
  return Object.fromEntries(
    editableColumns.map((column) => [column, place(column)]),
  ) as unknown as Mapping;
}

/**
 * Reads a file record by record, header included, a piece at a time: however large it is, little of it is in memory,
 * and between pieces the page is responsive.
 */
export async function* readRecords(file: File, delimiter: string): AsyncGenerator<CsvRecord> {
  let read: CsvRecord[] = [];
  let line = 1;
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    // A stray quote stays as it stands, and spoils no other record.
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: longestRecord,
    // Called in the order of the file, which the parser's events are not. Nothing is left for the stream to hold.
    on_record: (fields: string[], { lines }) => {
      note({ fields, fault: undefined }, lines);
      return null;
    },
    on_skip: (error) => {
      note({ fields: [], fault: faultOf(error) }, Number(error?.lines));
      return undefined;
    },
  });
  function note(record: Omit<CsvRecord, 'line'>, lastLine: number): void {
    read.push({ line, ...record });
    line = lastLine + 1;
  }
  let failure: unknown;
  parser.on('error', (error) => (failure = error));

  const reader = file
    .stream()
    .pipeThrough(new TextDecoderStream('utf-8', { fatal: true }))
    .getReader();
  try {
    for (;;) {
      const piece = await reader.read().catch(() => {
        throw new Error('The file is not UTF-8: save it as CSV in UTF-8.');
      });
      await new Promise<void>((resolve) => {
        if (piece.done) parser.end(resolve);
        else parser.write(piece.value, () => resolve());
      });
      if (failure !== undefined) throw new Error(faultOf(failure as CsvError));
      yield* read;
      read = [];
      if (piece.done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function faultOf(error: CsvError | undefined): string {
  const { code = '', message = 'It cannot be read' } = error ?? {};
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'A quote is opened and never closed';
  if (code === 'CSV_MAX_RECORD_SIZE')
    return 'A record is longer than 4,000,000 characters: is a quote left open?';
  return message;
}
