import { randomBytes } from 'node:crypto';
import type { Express, Request, Response } from 'express';
import helmet from 'helmet';

/** What the page never asks a browser for. */
const permissions = ['camera', 'geolocation', 'microphone', 'payment', 'usb']
  .map((feature) => `${feature}=()`)
  .join(', ');

/** Answers that are data: nothing in them is ever run, framed or loaded from. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'";

/**
 * The page runs its own scripts and styles alone, is framed by nobody and shared with nobody. Its one style element
 * that is made in the browser (the theme) is let in by the nonce in `response.locals`.
 *
 * @param options.https whether people reach the page by https: only then browsers are told to insist on it.
 */
export function addSecurityHeaders(app: Express, { https }: { https: boolean }): void {
  app.disable('x-powered-by');
  // Of every answer it would be computed anew, and none of the API's is kept.
  app.disable('etag');
  app.use(
    helmet({
      contentSecurityPolicy: false,
      crossOriginOpenerPolicy: { policy: 'same-origin' },
      crossOriginResourcePolicy: { policy: 'same-origin' },
      referrerPolicy: { policy: 'no-referrer' },
      strictTransportSecurity: https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
      xFrameOptions: { action: 'deny' },
    }),
  );
  const pagePolicy = helmet.contentSecurityPolicy({
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
  });
  app.use((request, response, next) => {
    response.setHeader('permissions-policy', permissions);
    if (isApi(request)) {
      response.setHeader('content-security-policy', dataPolicy);
      response.setHeader('cache-control', 'no-store');
      next();
      return;
    }
    response.locals.nonce = randomBytes(16).toString('base64');
    pagePolicy(request, response, next);
  });
}

const isApi = ({ path }: Request) => /^\/(api|auth)(\/|$)/i.test(path);
