import type { ReadPool } from '@aviary/postgres';
import type { Logger } from '@aviary/runtime';
import express, { type Express, type Response } from 'express';
import helmet from 'helmet';
import { addPage, newNonce } from './page.ts';
import { answerProblems, sendProblem } from './problems.ts';
import { addPipelineRoutes } from './pipeline/routes.ts';
import type { StatusSources } from './pipeline/status-board.ts';
import { addProductRoutes } from './products/routes.ts';
import type { ProductTable } from './products/product-table.ts';
import { addSearchRoutes } from './search/routes.ts';
import type { Search } from './search/search.ts';
import type { VectorIndex } from '@aviary/vector-index';

/** Above the longest description a product may have, in UTF-8. */
const bodyLimit = '5mb';

/** What the routes work with. */
export interface AppParts {
  table: ProductTable;
  /** Reads that need not be of this moment: of replicas, where there are any. */
  reads: ReadPool;
  index: VectorIndex;
  search: Search;
  status: StatusSources;
}

/** The page and its API, without a port. openapi.yaml documents each route. */
export function createApp(parts: AppParts & { logger: Logger; webDirectory: string }): Express {
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
  addSearchRoutes(app, parts);
  addProductRoutes(app, { ...parts, rows: parts.status.rows });
  addPipelineRoutes(app, parts);
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
