import type { Request, RequestHandler } from 'express';
import { RequestError } from '../problems.ts';
import { isReading } from './reading-methods.ts';

/** What all bodies are. A form of another site cannot send it. */
const contentType = 'application/json';

/**
 * Turns away what another site's page makes a browser send. Browsers say where a request comes from, and scripts
 * cannot change it. What says nothing is no browser's, such as curl's: it is let through as long as it has no
 * cookie, as then it can do nothing that its sender could not do anyway.
 *
 * @param publicUrl the page's own origin; absent: whatever host it was asked as.
 */
export function sameOriginOnly(publicUrl: string | undefined): RequestHandler {
  return (request, _response, next) => {
    if (!isReading(request)) {
      if (!isSameOrigin(request, publicUrl)) {
        throw new RequestError(
          403,
          'Changes are taken from this page itself, not from other sites.',
        );
      }
      if (hasBody(request) && request.is(contentType) === false) {
        throw new RequestError(415, `A body must be ${contentType}.`);
      }
    }
    next();
  };
}

function isSameOrigin({ headers, host }: Request, publicUrl: string | undefined): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  const { origin } = headers;
  if (origin === undefined) return site !== undefined || headers.cookie === undefined;
  if (publicUrl !== undefined) return origin === publicUrl;
  // The scheme is the load balancer's affair.
  return site !== undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

const hasBody = ({ headers }: Request) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
