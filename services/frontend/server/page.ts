import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';

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
  app.use('/assets', assets(join(directory, 'assets')));
  app.use(express.static(directory, { index: false }));
}

/** By how files end that the build has compressed, the smallest first. */
const encodings = { br: '.br', gzip: '.gz' } as const;
type Encoding = keyof typeof encodings;

/** Scripts, styles and fonts, as the build has compressed them where the asker takes that. */
function assets(directory: string): RequestHandler {
  const files = express.static(directory, {
    // Their names carry a hash of their content.
    immutable: true,
    maxAge: '1y',
    index: false,
    setHeaders: (response: Response, path) => {
      response.vary('accept-encoding');
      const encoding = encodingOf(path);
      if (encoding === undefined) return;
      response.setHeader('content-encoding', encoding);
      response.type(extname(path.slice(0, -encodings[encoding].length)));
    },
  });
  return (request, response, next) => {
    const { url } = request;
    const encoding = /\.(js|css)$/.test(url) ? takenBy(request) : undefined;
    const plain = () => {
      request.url = url;
      files(request, response, next);
    };
    if (encoding === undefined) {
      plain();
      return;
    }
    request.url = url + encodings[encoding];
    files(request, response, plain);
  };
}

const known = Object.keys(encodings) as Encoding[];
const takenBy = (request: Request) => known.find((one) => request.acceptsEncodings(one) === one);
const encodingOf = (path: string) => known.find((one) => path.endsWith(encodings[one]));
