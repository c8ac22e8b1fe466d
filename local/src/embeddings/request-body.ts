import type { IncomingMessage } from 'node:http';
import { ApiError, invalidRequest } from './api-error.ts';

const maxBodyBytes = 32 * 1_048_576;

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes)
      throw new ApiError(413, {
        message: `The request body is over ${maxBodyBytes} bytes.`,
        type: 'invalid_request_error',
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function parseObject(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Refused below, like any other body that is no object.
  }
  throw invalidRequest('We could not parse the JSON body of your request.');
}
