import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type Express } from 'express';

/** Stands in the built page where each answer puts its nonce. */
const noncePlaceholder = 'CSP_NONCE';

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Aviary</title>
<h1>The page is not built</h1>
<p>The API works. Build the page with <code>npm run build -w @aviary/frontend</code>, then reload.</p></html>`;

/**
 * Serves the built page. Its one style element that is made in the browser (the theme) is let in by a nonce,
 * so that no inline style or script is allowed otherwise. Read anew each time: it is small, and names the
 * assets of the newest build.
 */
export function addPage(app: Express, directory: string): void {
  app.get('/', async (_request, response) => {
    const page = await readFile(join(directory, 'index.html'), 'utf8').catch(() => undefined);
    response.setHeader('cache-control', 'no-cache');
    if (page === undefined) response.status(503).type('html').send(notBuilt);
    else
      response.type('html').send(page.replaceAll(noncePlaceholder, String(response.locals.nonce)));
  });
  // Names of assets carry a hash of their content.
  app.use(
    '/assets',
    express.static(join(directory, 'assets'), { immutable: true, maxAge: '1y', index: false }),
  );
  app.use(express.static(directory, { index: false }));
}
