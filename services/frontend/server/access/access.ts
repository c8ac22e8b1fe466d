import type { ReadPool } from '@aviary/postgres';
import type { Logger, Registry } from '@aviary/runtime';
import type { Express } from 'express';
import { admissionOptions } from '../admission/admission-config.ts';
import { addAdmission } from '../admission/admission.ts';
import type { FrontendConfig } from '../config.ts';
import { signInConfig } from './access-config.ts';
import { addRateLimits } from './rate-limits.ts';
import { readYourWrites } from '../reads/read-your-writes.ts';
import { sameOriginOnly } from './same-origin.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { addSignIn } from './sign-in-routes.ts';

/** What every request passes before its route, the cheapest first: no route can be reached around it. */
export function addAccess(
  app: Express,
  parts: { config: FrontendConfig; reads: ReadPool; logger: Logger; metrics: Registry },
): void {
  const { config, reads, logger, metrics } = parts;
  const https = config.PUBLIC_URL?.startsWith('https:') ?? false;
  app.set('trust proxy', config.TRUST_PROXY);
  addSecurityHeaders(app, { https });
  addRateLimits(app, {
    readsPerMinute: config.READS_PER_MINUTE,
    writesPerMinute: config.WRITES_PER_MINUTE,
  });
  app.use(sameOriginOnly(config.PUBLIC_URL));
  addAdmission(app, admissionOptions(config), metrics);
  addSignIn(app, signInConfig(config), logger);
  app.use('/api', readYourWrites(reads, { secure: https }));
}
