import { contentHash, managedMetadata, recordId, type ChangeJob } from '@aviary/change-job';
import { PermanentError } from '@aviary/runtime';
import { fillTemplate } from '@aviary/semantic-index';
import { longestText } from '@aviary/source-table';
import { boundText } from './bound-text.ts';
import type { ClaimedRow } from './claimed-row.ts';

/** Pinecone's bound on a record's metadata, in bytes of JSON. */
const maxMetadataBytes = 40_960;

export interface Rendered {
  job: ChangeJob;
  /** The text was longer than an embedding takes. */
  textCut: boolean;
}

/**
 * Makes a row's job. A row that is gone, or has no text to search by, is a delete.
 *
 * @throws PermanentError when the row cannot be a record, for its dead letter.
 */
export function render(row: ClaimedRow): Rendered {
  const { table, version, changedAt, publishBy, values } = row;
  const identity = {
    format: 1 as const,
    index: table.index.name,
    id: recordId(row.key),
    version,
    changedAt,
    publishBy,
  };
  if (values === undefined) return { job: { op: 'delete', ...identity }, textCut: false };

  const whole = fillTemplate(
    table.template,
    (column) => values.text[table.template.columns.indexOf(column)] ?? null,
  );
  if (whole === '') return { job: { op: 'delete', ...identity }, textCut: false };
  const bounded = boundText(whole);
  const columnCut = values.text.some((text) => text !== null && text.length > longestText);

  const { model, dimensions } = table.index.embedding;
  const job: ChangeJob = {
    op: 'upsert',
    ...identity,
    text: bounded.text,
    metadata: metadataOf(row, values.metadata),
    contentHash: contentHash(bounded.text, model, dimensions),
    textIsNew: row.textIsNew,
  };
  // Emu will add times of as many digits.
  const times = { queuedAt: publishBy, embeddedAt: publishBy };
  const bytes = Buffer.byteLength(JSON.stringify(managedMetadata(job, times)));
  if (bytes > maxMetadataBytes) {
    throw new PermanentError(
      `The metadata is ${bytes} bytes long, Pinecone takes ${maxMetadataBytes}: shorten the row's ${largest(job.metadata)}, or take that column out of source.metadata.`,
    );
  }
  return { job, textCut: bounded.cut || columnCut };
}

/** Pinecone knows no null: such a column is left out. */
function metadataOf(row: ClaimedRow, values: (ChangeJobMetadata | null)[]) {
  const metadata: Record<string, ChangeJobMetadata> = {};
  for (const [position, column] of row.table.metadata.entries()) {
    const value = values[position] ?? null;
    if (value === null) continue;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new PermanentError(
        `Column "${column.name}" is ${value}, and metadata takes finite numbers only: correct the row, or take the column out of source.metadata.`,
      );
    }
    metadata[column.name] = value;
  }
  return metadata;
}

type ChangeJobMetadata = string | number | boolean | string[];

function largest(metadata: Record<string, ChangeJobMetadata>): string {
  const sizes = Object.entries(metadata).map(([name, value]) => ({
    name,
    size: JSON.stringify(value).length,
  }));
  return `"${sizes.sort((a, b) => b.size - a.size)[0]?.name ?? ''}"`;
}
