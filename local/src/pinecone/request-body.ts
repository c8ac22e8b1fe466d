import type { IncomingMessage } from 'node:http';
import { ApiError, invalidArgument } from './api-error.ts';

export type JsonObject = Record<string, unknown>;

const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** The request's JSON object, `{}` when there is none. @throws ApiError above 2 MB or when it is no object. */
export async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read to the end all the same: the connection lives on.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new ApiError(
      400,
      11,
      `The request has ${bytes} bytes, above the limit of ${MAX_BODY_BYTES} bytes (2 MB).`,
    );
  }
  if (bytes === 0) return {};
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks, bytes).toString());
  } catch (error) {
    throw invalidArgument(`The body is no JSON: ${String(error)}`);
  }
  if (!isObject(body)) throw invalidArgument('The body must be a JSON object.');
  return body;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
