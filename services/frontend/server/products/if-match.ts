import type { Request } from 'express';
import { RequestError } from '../problems.ts';

/**
 * The version that a change was made to, from If-Match: `"version"`, or `*` for whatever version there is.
 *
 * @returns undefined for `*`.
 * @throws RequestError 428 without the header: a change of what nobody looked at would undo another's unseen.
 */
export function versionFrom(request: Request): string | undefined {
  const header = request.header('if-match')?.trim();
  if (header === undefined) {
    throw new RequestError(
      428,
      'If-Match is missing: give the version of the product you changed, as "version", or * to write over any.',
    );
  }
  if (header === '*') return undefined;
  const version = /^"([^"]+)"$/.exec(header)?.[1];
  if (version !== undefined) return version;
  throw new RequestError(400, 'If-Match must be one "version" in quotes, or *.', [
    { field: 'If-Match', message: 'If-Match must be one "version" in quotes, or *' },
  ]);
}
