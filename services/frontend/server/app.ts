import type { Logger } from '@aviary/runtime';
import express, { type Express, type Response } from 'express';
import helmet from 'helmet';
import { addPage, newNonce } from './page.ts';
import { answerProblems, sendProblem } from './problems.ts';
import { addRoutes, type RouteParts } from './routes.ts';

/** Above the longest description a product may have, in UTF-8. */
const bodyLimit = '5mb';

/** The page and its API, without a port. */
export function createApp(parts: RouteParts & { logger: Logger; webDirectory: string }): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.locals.nonce = newNonce();
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
        },
      },
      xFrameOptions: { action: 'deny' },
    }),
  );
  app.use('/api', (_request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    next();
  });
  app.use(express.json({ limit: bodyLimit }));
  addRoutes(app, parts);
  addPage(app, parts.webDirectory);
  app.use((request, response) => {
    sendProblem(response, {
      status: 404,
      detail: `There is no ${request.method} ${request.path} here; openapi.yaml lists what there is.`,
    });
  });
  app.use(answerProblems(parts.logger));
  return app;
}
