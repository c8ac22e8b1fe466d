import { MAX_FLOAT_BYTES, writeFloats } from './float-json.ts';
import type { VectorRecord } from './record.ts';

/** UTF-8 never takes more than three bytes for one UTF-16 unit. */
const MAX_UNIT_BYTES = 3;

let scratch = Buffer.allocUnsafe(64 * 1024);

/**
 * A record as the API reads it.
 * @throws PermanentError for a value that is no finite 32-bit float.
 */
export function recordToJson({ id, values, metadata }: VectorRecord): Buffer {
  const head = `{"id":${JSON.stringify(id)},"values":[`;
  const tail = `],"metadata":${JSON.stringify(metadata)}}`;
  const most = values.length * MAX_FLOAT_BYTES + (head.length + tail.length) * MAX_UNIT_BYTES;
  if (most > scratch.length) scratch = Buffer.allocUnsafe(2 * most);
  let at = scratch.write(head);
  at = writeFloats(values, scratch, at);
  at += scratch.write(tail, at);
  return Buffer.from(scratch.subarray(0, at));
}
