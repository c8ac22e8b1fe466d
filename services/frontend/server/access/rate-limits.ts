import type { Express } from 'express';
import { rateLimit } from 'express-rate-limit';
import { RequestError } from '../problems.ts';
import { isReading } from './reading-methods.ts';

/**
 * Bounds what one client asks for: by its address, of IPv6 by its network. Reads have room for everybody behind one
 * address of an office; writes, and what is posted for its cost, less.
 */
export function addRateLimits(
  app: Express,
  limits: { readsPerMinute: number; writesPerMinute: number },
): void {
  const reads = limiterOf(limits.readsPerMinute);
  const writes = limiterOf(limits.writesPerMinute);
  app.use('/api', (request, response, next) => {
    const limiter = isReading(request) ? reads : writes;
    if (limiter === undefined) next();
    else return limiter(request, response, next);
  });
  if (writes) app.use('/auth', writes);
}

function limiterOf(limit: number) {
  if (limit === 0) return undefined;
  return rateLimit({
    windowMs: 60_000,
    limit,
    // Draft 8 hashes the client's name for each answer.
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    // A header that nobody was told to believe is ignored: TRUST_PROXY says whom.
    validate: { xForwardedForHeader: false },
    handler: () => {
      throw new RequestError(
        429,
        `One client may ask ${limit.toLocaleString('en')} times a minute. Try again in a moment.`,
      );
    },
  });
}
