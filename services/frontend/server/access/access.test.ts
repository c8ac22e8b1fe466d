import { once } from 'node:events';
import type { Server } from 'node:http';
import { createLogger } from '@aviary/runtime';
import express from 'express';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { problemSchema } from '../../shared/problem.ts';
import { startApp, urlOf, type TestApp } from '../../testing/start-app.ts';
import { readConfig } from '../config.ts';
import { answerProblems } from '../problems.ts';
import { addRateLimits } from './rate-limits.ts';
import { addSecurityHeaders } from './security-headers.ts';

let aviary: TestApp;
beforeAll(async () => {
  aviary = await startApp();
});
afterAll(() => aviary.close());

const json = { 'content-type': 'application/json' };
/** An empty product: let through, it is refused for what it lacks. */
const post = (headers: Record<string, string>, body = '{}') =>
  fetch(`${aviary.url}/api/products`, { method: 'POST', headers, body });

describe('a change from', () => {
  test.each([
    ['the page', { 'sec-fetch-site': 'same-origin' }, 400],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a sister site', { 'sec-fetch-site': 'same-site' }, 403],
    ['an address that was typed', { 'sec-fetch-site': 'none' }, 403],
    ['another origin, in a browser that says no more', { origin: 'https://evil.test' }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['curl', {}, 400],
    ['curl, with somebody’s cookie', { cookie: 'a=b' }, 403],
  ])('%s', async (_from, headers, status) => {
    expect((await post({ ...json, ...headers })).status).toBe(status);
  });

  test('the page’s own origin, in a browser that says no more', async () => {
    expect((await post({ ...json, origin: aviary.url })).status).toBe(400);
  });
});

test('a form of another site has no body that is taken', async () => {
  const types = [
    'text/plain',
    'text/csv',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ];
  for (const type of types) {
    expect((await post({ 'content-type': type })).status).toBe(415);
  }
  expect((await post(json, JSON.stringify({ name: 'x'.repeat(70_000) }))).status).toBe(400);
  const large = await fetch(`${aviary.url}/api/search/highlights`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ query: 'x'.repeat(70_000) }),
  });
  expect(large.status).toBe(413);
});

test('everybody may edit, and nobody can sign in, unless signing in is configured', async () => {
  expect((await aviary.call('GET', '/api/me')).body).toEqual({
    canSignIn: false,
    name: null,
    mayEdit: true,
  });
  expect((await fetch(`${aviary.url}/auth/sign-in`)).status).toBe(404);
});

async function appWith(add: (app: express.Express) => void): Promise<string> {
  const app = express();
  add(app);
  app.use((_request, response) => void response.json({}));
  app.use(answerProblems(createLogger({ service: 'test', level: 'silent' })));
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return urlOf(server);
}

test('one client’s requests are bounded, writes apart from reads', async () => {
  const url = await appWith((app) => {
    app.set('trust proxy', 1);
    addRateLimits(app, { readsPerMinute: 3, writesPerMinute: 1 });
  });
  const ask = (method: string, client: string) =>
    fetch(`${url}/api/x`, { method, headers: { 'x-forwarded-for': client } });
  const statuses = [];
  for (const [method, client] of [
    ['GET', '192.0.2.1'],
    ['GET', '192.0.2.1'],
    ['GET', '192.0.2.1'],
    ['GET', '192.0.2.1'],
    ['POST', '192.0.2.1'],
    ['POST', '192.0.2.1'],
    ['GET', '192.0.2.2'],
    // One network of IPv6 is one client: its addresses are as many as its owner likes.
    ['POST', '2001:db8:0:1::1'],
    ['POST', '2001:db8:0:1::2'],
  ] as const) {
    statuses.push((await ask(method, client)).status);
  }
  expect(statuses).toEqual([200, 200, 200, 429, 200, 429, 200, 200, 429]);
  const refused = await ask('GET', '192.0.2.1');
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(problemSchema.parse(await refused.json()).title).toBe('Too Many Requests');
});

test('a header that nobody was told to believe makes no client another', async () => {
  const url = await appWith((app) => addRateLimits(app, { readsPerMinute: 1, writesPerMinute: 0 }));
  const ask = (client: string) => fetch(`${url}/api/x`, { headers: { 'x-forwarded-for': client } });
  expect((await ask('192.0.2.1')).status).toBe(200);
  expect((await ask('192.0.2.2')).status).toBe(429);
});

test('browsers are told what the page may do, and to insist on https only where it is https', async () => {
  const { headers } = await fetch(
    `${await appWith((app) => addSecurityHeaders(app, { https: true }))}/api/x`,
  );
  expect(Object.fromEntries(headers)).toMatchObject({
    'strict-transport-security': 'max-age=31536000',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
  });
  expect(headers.get('permissions-policy')).toContain('camera=()');
  expect(headers.get('x-powered-by')).toBeNull();
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  const page = await fetch(await appWith((app) => addSecurityHeaders(app, { https: true })));
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain('upgrade-insecure-requests');
  expect(policy).not.toContain('unsafe');

  const plain = await fetch(aviary.url);
  expect(plain.headers.get('strict-transport-security')).toBeNull();
  expect(plain.headers.get('content-security-policy')).not.toContain('upgrade');
});

describe('a configuration for signing in', () => {
  const valid = {
    DATABASE_URL: 'postgres://db/shop',
    SPECS: 'specs',
    QUEUE_URL: 'https://sqs/1',
    DEAD_LETTER_QUEUE_URL: 'https://sqs/2',
    REFRESH_QUEUE_URL: 'https://sqs/3',
    OPENAI_API_KEY: 'x',
    PINECONE_API_KEY: 'x',
  };
  const signIn = {
    EDIT_AUTH: 'oidc',
    PUBLIC_URL: 'https://aviary.example.com',
    OIDC_ISSUER: 'https://login.example.com',
    OIDC_CLIENT_ID: 'aviary',
    OIDC_CLIENT_SECRET: 'from the provider',
    SESSION_KEY: 'thirty-two characters or more of it',
  };

  test('is complete, or every variable that lacks is named', () => {
    expect(readConfig({ ...valid, ...signIn }).SESSION_KEY).toHaveLength(1);
    expect(() => readConfig({ ...valid, EDIT_AUTH: 'oidc' })).toThrow(
      /5 fault.*PUBLIC_URL.*OIDC_ISSUER.*OIDC_CLIENT_ID.*OIDC_CLIENT_SECRET.*SESSION_KEY/s,
    );
  });

  test.each([
    ['PUBLIC_URL', 'https://example.com/aviary', 'must have no path'],
    ['OIDC_ISSUER', 'http://login.example.com', 'must begin with https://'],
    ['SESSION_KEY', 'too short a key', 'at least 32 characters'],
  ])('%s is not %s', (name, value, fault) => {
    const read = () => readConfig({ ...valid, ...signIn, [name]: value });
    expect(read).toThrow(fault);
    if (name === 'SESSION_KEY') expect(read).not.toThrow(value);
  });
});
