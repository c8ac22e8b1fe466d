import type { ReadPool } from '@aviary/postgres';
import type { Logger, Registry } from '@aviary/runtime';
import express, { type Express } from 'express';
import { addAccess } from './access/access.ts';
import type { FrontendConfig } from './config.ts';
import { addPage } from './page.ts';
import { answerProblems, sendProblem } from './problems.ts';
import { addPipelineRoutes } from './pipeline/routes.ts';
import type { Pipeline } from './pipeline/connect-pipeline.ts';
import { addIndexRoutes } from './indexes/routes.ts';
import type { SearchableIndexes } from './indexes/searchable-indexes.ts';
import type { ProductsDesk } from './products/products-desk.ts';
import { addProductRoutes } from './products/routes.ts';
import { addSearchRoutes } from './search/routes.ts';

/** Above the longest description a product may have, in UTF-8. */
const productLimit = '5mb';
/** Of all other bodies. */
const bodyLimit = '64kb';

/** What the routes work with. */
export interface AppParts {
  indexes: SearchableIndexes;
  products: ProductsDesk;
  /** Reads that need not be of this moment: of replicas, where there are any. */
  reads: ReadPool;
  pipeline: Pipeline;
}

/** The page and its API, without a port. openapi.yaml documents each route. */
export function createApp(
  parts: AppParts & {
    config: FrontendConfig;
    logger: Logger;
    metrics: Registry;
    webDirectory: string;
  },
): Express {
  const app = express();
  addAccess(app, parts);
  app.use('/api/products', express.json({ limit: productLimit }));
  app.use('/api', express.json({ limit: bodyLimit }));
  addIndexRoutes(app, { ...parts, edited: () => parts.products.edited });
  addSearchRoutes(app, parts);
  addProductRoutes(app, { ...parts, rows: parts.pipeline.status.rows });
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
