import { PermanentError } from '@aviary/runtime';

/** Pinecone's bound on a record id, in characters. */
const maxIdLength = 512;

/**
 * The index record's id of a row: its key columns as text, percent-encoded so that any text is ASCII, and
 * joined by ':' (which the encoding never leaves bare), so that the key can be read back from the id.
 *
 * @throws PermanentError when the id would be longer than Pinecone takes.
 */
export function recordId(key: readonly string[]): string {
  const id = encodeKey(key);
  if (id.length > maxIdLength) {
    throw new PermanentError(
      `The key is ${id.length} characters long as a record id, Pinecone takes ${maxIdLength}: choose a shorter key column.`,
    );
  }
  return id;
}

/** The id of any key, however long: what a dead letter calls a row by. */
export function encodeKey(key: readonly string[]): string {
  return key.map(encodePart).join(':');
}

/** The inverse of {@link recordId}. @throws PermanentError when the id was not made by it. */
export function keyOfRecordId(id: string): string[] {
  try {
    return id.split(':').map((part) => decodeURIComponent(part === emptyPart ? '' : part));
  } catch (error) {
    throw new PermanentError(`"${id}" is not a record id of Aviary.`, { cause: error });
  }
}

/** Stands for an empty key text, since an id may not be empty. '%' is always followed by hex elsewhere. */
const emptyPart = '%';

const plain = /^[A-Za-z0-9_.-]+$/;

function encodePart(part: string): string {
  if (plain.test(part)) return part;
  return part === '' ? emptyPart : encodeURIComponent(part);
}
