import {
  formatWalPosition,
  inReadSession,
  longestLagSeconds,
  parseWalPosition,
  type ReadPool,
} from '@aviary/postgres';
import type { RequestHandler } from 'express';
import { readCookie, writeCookie } from '../access/cookies.ts';

const cookie = 'aviary-written';

/** From then on every replica that is read from has the write: none that is used is that far behind. */
const keepMs = 2 * longestLagSeconds * 1_000;

/**
 * Whoever has written reads what it wrote: the answer to a write carries how far the primary's log was then, and
 * its later reads go to servers that have come as far. Forged, it sends the forger's reads to the primary.
 */
export function readYourWrites(reads: ReadPool, options: { secure: boolean }): RequestHandler {
  return (request, response, next) => {
    if (!reads.hasReplicas) {
      next();
      return;
    }
    let after = parseWalPosition(readCookie(request, cookie));
    const session = {
      get after() {
        return after;
      },
      wrote(position: bigint) {
        after = after === undefined || position > after ? position : after;
        // A stream has sent its headers: its reader's other reads may be a moment behind.
        if (response.headersSent) return;
        writeCookie(response, cookie, formatWalPosition(after), {
          secure: options.secure,
          maxAge: keepMs,
        });
      },
    };
    inReadSession(session, next);
  };
}
