import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { urlOf } from '../testing/start-app.ts';
import { addPage } from './page.ts';

const html = '<html><meta property="csp-nonce" nonce="CSP_NONCE"></html>';

async function serve(files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'page-'));
  await mkdir(join(directory, 'assets'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), content);
  }
  const app = express();
  app.use((_request, response, next) => {
    response.locals.nonce = 'once';
    next();
  });
  addPage(app, directory);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await rm(directory, { recursive: true });
  });
  return urlOf(server);
}

/** As it comes over the wire: fetch would take it out of its wrapping. */
async function get(url: string, encodings = 'identity') {
  const asked = request(url, { headers: { 'accept-encoding': encodings } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const pieces = (await answer.toArray()) as Buffer[];
  const { headers } = answer;
  return {
    status: answer.statusCode,
    body: Buffer.concat(pieces).toString(),
    type: headers['content-type'],
    encoding: headers['content-encoding'],
    vary: headers.vary,
    cache: headers['cache-control'],
  };
}

test('each answer puts its own nonce into the page, which nobody keeps', async () => {
  const url = await serve({ 'index.html': html });
  expect(await get(url)).toMatchObject({
    status: 200,
    body: html.replace('CSP_NONCE', 'once'),
    cache: 'no-cache',
  });
});

test('a script comes as small as the asker takes it, and stays with whoever got it', async () => {
  const url = await serve({
    'assets/a-1.js': 'plain',
    'assets/a-1.js.br': 'brotli',
    'assets/a-1.js.gz': 'gzip',
    'assets/b-1.css': 'only plain',
  });
  const js = { type: expect.stringContaining('javascript') as string, vary: 'accept-encoding' };
  const cache = 'public, max-age=31536000, immutable';
  const script = (encodings: string) => get(`${url}/assets/a-1.js`, encodings);
  expect(await script('gzip, deflate, br')).toMatchObject({
    ...js,
    cache,
    body: 'brotli',
    encoding: 'br',
  });
  expect(await script('gzip')).toMatchObject({ ...js, cache, body: 'gzip', encoding: 'gzip' });
  expect(await script('br;q=0')).toMatchObject({ ...js, body: 'plain', encoding: undefined });
  expect(await get(`${url}/assets/b-1.css`, 'br')).toMatchObject({
    body: 'only plain',
    encoding: undefined,
    type: expect.stringContaining('css') as string,
  });
  expect((await get(`${url}/assets/none.js`, 'br')).status).toBe(404);
});
