import { invalidArgument } from './api-error.ts';
import { isObject } from './request-body.ts';

export type MetadataValue = string | number | boolean | string[];
export type Metadata = Record<string, MetadataValue>;

const MAX_RECORDS = 1000;
const MAX_IDS = 1000;
const MAX_ID_CHARACTERS = 512;
const MAX_METADATA_BYTES = 40 * 1024;

/** Records of one upsert, their values side by side in one array. */
export interface RecordBatch {
  ids: string[];
  metadata: Metadata[];
  values: Float32Array;
}

export interface VectorShape {
  dimension: number;
  metric: 'cosine' | 'dotproduct' | 'euclidean';
}

/** Checks the records of an upsert by the API's rules. @throws ApiError that names the record. */
export function checkRecords(vectors: unknown, shape: VectorShape): RecordBatch {
  if (!Array.isArray(vectors) || vectors.length === 0) {
    throw invalidArgument('An upsert needs at least one record in "vectors".');
  }
  if (vectors.length > MAX_RECORDS) {
    throw invalidArgument(
      `An upsert takes at most ${MAX_RECORDS} records, this one has ${vectors.length}.`,
    );
  }
  const { dimension } = shape;
  const ids = new Array<string>(vectors.length);
  const metadata = new Array<Metadata>(vectors.length);
  const values = new Float32Array(vectors.length * dimension);
  for (const [i, record] of (vectors as unknown[]).entries()) {
    if (!isObject(record)) throw invalidArgument(`Record ${i} is no object.`);
    const id = checkId(record.id);
    ids[i] = id;
    metadata[i] = checkMetadata(record.metadata ?? {}, id);
    copyValues(record.values, values.subarray(i * dimension, (i + 1) * dimension), shape, id);
  }
  return { ids, metadata, values };
}

/** The ids of a fetch or delete. */
export function checkIds(ids: unknown): string[] {
  if (!Array.isArray(ids) || ids.length === 0) throw invalidArgument('At least one id is needed.');
  if (ids.length > MAX_IDS) {
    throw invalidArgument(`A request takes at most ${MAX_IDS} ids, this one has ${ids.length}.`);
  }
  return ids.map(checkId);
}

export function checkId(id: unknown): string {
  if (typeof id !== 'string' || id === '')
    throw invalidArgument('An id must be a non-empty string.');
  if (id.length > MAX_ID_CHARACTERS) {
    throw invalidArgument(
      `The id ${id.slice(0, 40)}… has ${id.length} characters, above ${MAX_ID_CHARACTERS}.`,
    );
  }
  // eslint-disable-next-line no-control-regex -- the whole of ASCII is meant
  if (!/^[\x00-\x7f]*$/.test(id)) throw invalidArgument(`The id ${id} is not ASCII.`);
  return id;
}

export function checkMetadata(metadata: unknown, id: string): Metadata {
  if (!isObject(metadata)) throw invalidArgument(`The metadata of ${id} is no object.`);
  let size = 0;
  for (const field in metadata) {
    const value = metadata[field];
    if (!isMetadataValue(value)) {
      throw invalidArgument(
        `Metadata must be a string, a number, a boolean or a list of strings; "${field}" of ${id} is ${JSON.stringify(value)}.`,
      );
    }
    size += field.length + (typeof value === 'string' || Array.isArray(value) ? value.length : 8);
    if (Array.isArray(value)) for (const item of value) size += item.length;
  }
  // Counting bytes exactly costs a serialisation: only for what could be near the limit.
  if (size * 4 > MAX_METADATA_BYTES) {
    const bytes = Buffer.byteLength(JSON.stringify(metadata));
    if (bytes > MAX_METADATA_BYTES) {
      throw invalidArgument(
        `The metadata of ${id} has ${bytes} bytes, above the limit of ${MAX_METADATA_BYTES} bytes a record.`,
      );
    }
  }
  return metadata as Metadata;
}

/** A query's or an update's vector. */
export function checkVector(values: unknown, shape: VectorShape, name: string): Float32Array {
  const into = new Float32Array(shape.dimension);
  copyValues(values, into, shape, name);
  return into;
}

function copyValues(values: unknown, into: Float32Array, shape: VectorShape, id: string): void {
  if (!Array.isArray(values)) throw invalidArgument(`The values of ${id} are no list of numbers.`);
  if (values.length !== shape.dimension) {
    throw invalidArgument(
      `The vector of ${id} has dimension ${values.length}, the index has dimension ${shape.dimension}.`,
    );
  }
  let square = 0;
  for (let j = 0; j < into.length; j++) {
    const value: unknown = values[j];
    if (typeof value !== 'number') {
      throw invalidArgument(`Value ${j} of ${id} is ${JSON.stringify(value)}, not a number.`);
    }
    into[j] = value;
    square += value * value;
  }
  if (!(square < 3.4e38 ** 2)) throw invalidArgument(`The values of ${id} exceed a 32-bit float.`);
  if (square === 0 && shape.metric === 'cosine') {
    throw invalidArgument(`The vector of ${id} is all zeros, which has no cosine.`);
  }
}

function isMetadataValue(value: unknown): value is MetadataValue {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return true;
    default:
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
  }
}
