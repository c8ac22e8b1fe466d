import { randomBytes } from 'node:crypto';
import type { Express, Response } from 'express';
import helmet from 'helmet';

/** What the page never asks a browser for. */
const permissions = ['camera', 'geolocation', 'microphone', 'payment', 'usb']
  .map((feature) => `${feature}=()`)
  .join(', ');

/**
 * The page runs its own scripts and styles alone, is framed by nobody and shared with nobody. Its one style element
 * that is made in the browser (the theme) is let in by the nonce in `response.locals`.
 *
 * @param options.https whether people reach the page by https: only then browsers are told to insist on it.
 */
export function addSecurityHeaders(app: Express, { https }: { https: boolean }): void {
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.locals.nonce = randomBytes(16).toString('base64');
    response.setHeader('permissions-policy', permissions);
    next();
  });
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          styleSrc: [
            "'self'",
            (_request, response) => `'nonce-${String((response as Response).locals.nonce)}'`,
          ],
          imgSrc: ["'self'", 'data:'],
          objectSrc: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
          ...(https ? { upgradeInsecureRequests: [] } : {}),
        },
      },
      crossOriginOpenerPolicy: { policy: 'same-origin' },
      crossOriginResourcePolicy: { policy: 'same-origin' },
      referrerPolicy: { policy: 'no-referrer' },
      strictTransportSecurity: https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
      xFrameOptions: { action: 'deny' },
    }),
  );
  app.use(['/api', '/auth'], (_request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    next();
  });
}
