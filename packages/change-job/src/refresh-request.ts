import { PermanentError } from '@aviary/runtime';
import { z } from 'zod';
import { toMessageText } from './message-text.ts';

/** Of one message. A character costs up to six bytes in JSON, so these stay below SQS's 1 MiB. */
const maxIds = 500;
const maxCharacters = 150_000;

const refreshRequest = z.object({
  /** Name of the SemanticIndex. */
  index: z.string().min(1),
  /** Record ids. */
  ids: z.array(z.string().min(1)).min(1),
});

/**
 * Rows whose records may not be what they should: pelican reads each anew and publishes it under a higher version. It
 * says nothing of their content, so it may come late, twice or out of order.
 */
export type RefreshRequest = z.infer<typeof refreshRequest>;

/** As few messages as hold these ids. */
export function encodeRefreshRequests(index: string, ids: readonly string[]): string[] {
  const requests: string[][] = [];
  let request: string[] = [];
  let characters = 0;
  for (const id of ids) {
    if (request.length === maxIds || characters + id.length > maxCharacters) request = [];
    if (request.length === 0) {
      requests.push(request);
      characters = 0;
    }
    request.push(id);
    characters += id.length;
  }
  return requests.map((held) => toMessageText({ index, ids: held } satisfies RefreshRequest));
}

/** @throws PermanentError that says what is wrong with the message. */
export function decodeRefreshRequest(body: string): RefreshRequest {
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch (error) {
    throw new PermanentError('The message is not JSON.', { cause: error });
  }
  const result = refreshRequest.safeParse(content);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new PermanentError(`The message is not a refresh request: ${faults.join('; ')}.`);
}
