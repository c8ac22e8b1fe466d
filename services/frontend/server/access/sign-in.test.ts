import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { meSchema, signedOutSchema } from '../../shared/me.ts';
import { problemSchema } from '../../shared/problem.ts';
import {
  startIdentityProvider,
  type Account,
  type TestIdentityProvider,
} from '../../testing/identity-provider.ts';
import { startApp, type TestApp } from '../../testing/start-app.ts';
import { Visitor } from '../../testing/visitor.ts';

const publicUrl = 'http://aviary.test';
const oldKey = 'an old key of the test with forty letters';
const newKey = 'a newer key of the test with forty letters';

const alice: Account = {
  sub: 'alice',
  name: 'Alice Ames',
  email: 'Alice@example.com',
  email_verified: true,
  groups: [],
};

let provider: TestIdentityProvider;
let aviary: TestApp;
beforeAll(async () => {
  provider = await startIdentityProvider(publicUrl);
  aviary = await start({});
});
afterAll(async () => {
  await aviary.close();
  provider.close();
});
afterEach(() => {
  provider.visitor = undefined;
});

const start = (environment: Record<string, string>) =>
  startApp({
    EDIT_AUTH: 'oidc',
    PUBLIC_URL: `${publicUrl}/`,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OIDC_EDITORS: 'alice@example.com, gardeners',
    SESSION_KEY: oldKey,
    ...environment,
  });

const visitorOf = (app: TestApp) => new Visitor({ publicUrl, serverUrl: app.url });
const meOf = async (visitor: Visitor) =>
  meSchema.parse(await (await visitor.ask('GET', '/api/me')).json());
/** An empty product: let through, it is refused for what it lacks. */
const edit = (visitor: Visitor) => visitor.ask('POST', '/api/products', {});
const letThrough = 400;

async function signOut(visitor: Visitor): Promise<string | null> {
  const response = await visitor.ask('POST', '/auth/sign-out');
  expect(response.status).toBe(200);
  return signedOutSchema.parse(await response.json()).continueAt;
}

async function signedIn(account: Account): Promise<Visitor> {
  const visitor = visitorOf(aviary);
  provider.visitor = account;
  const { address } = await visitor.visit('/auth/sign-in');
  expect(address).toBe(`${publicUrl}/`);
  return visitor;
}

test('every route that changes something wants an editor, and reading wants none', async () => {
  const readingPosts = ['/api/search/highlights'];
  const routes = aviary.app.router.stack.flatMap(({ route }) =>
    route?.path.startsWith('/api/')
      ? route.stack.map(({ method }) => ({ method: method.toUpperCase(), path: route.path }))
      : [],
  );
  const changing = routes.filter(
    ({ method, path }) => method !== 'GET' && !readingPosts.includes(path),
  );
  expect(changing.length).toBeGreaterThan(2);
  for (const { method, path } of changing) {
    const response = await fetch(`${aviary.url}${path.replaceAll(/:\w+/g, '1')}`, { method });
    expect(`${method} ${path}: ${response.status}`).toBe(`${method} ${path}: 401`);
    expect(problemSchema.parse(await response.json()).title).toBe('Unauthorized');
  }
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
  for (const path of readingPosts) {
    expect((await fetch(`${aviary.url}${path}`, post)).status).not.toBe(401);
  }
  expect((await aviary.call('GET', '/api/products')).status).toBe(200);
});

test('who signs in edits, goes back to where they were, and signs out', async () => {
  provider.visitor = alice;
  const visitor = visitorOf(aviary);
  expect(await meOf(visitor)).toEqual({ canSignIn: true, name: null, mayEdit: false });
  const { address, response } = await visitor.visit(
    `/auth/sign-in?return=${encodeURIComponent('/?tab=table')}`,
  );
  expect(address).toBe(`${publicUrl}/?tab=table`);
  expect(response.headers.get('content-type')).toContain('text/html');
  expect(await meOf(visitor)).toEqual({ canSignIn: true, name: 'Alice Ames', mayEdit: true });
  expect((await edit(visitor)).status).toBe(letThrough);
  await signOut(visitor);
  expect((await edit(visitor)).status).toBe(401);
});

test('who signs out is signed out at the provider as well, and comes back here', async () => {
  const visitor = await signedIn(alice);
  provider.visitor = undefined;
  // As long as the provider's own session lasts, it asks nobody.
  expect((await visitor.visit('/auth/sign-in')).address).toBe(`${publicUrl}/`);
  const there = new URL((await signOut(visitor)) ?? '');
  expect(there.origin).toBe(provider.issuer);
  // Without it, providers ask whose session is meant, or refuse.
  expect(there.searchParams.get('id_token_hint')).toBeTruthy();
  expect((await visitor.confirm(there.href)).address).toBe(`${publicUrl}/`);
  expect((await visitor.visit('/auth/sign-in')).response.status).toBe(401);
  expect((await meOf(visitor)).name).toBeNull();
});

test('where the provider has no way out, or is away, signing out ends the session here', async () => {
  const simple = await startIdentityProvider(publicUrl, { endsSessions: false });
  const app = await start({ OIDC_ISSUER: simple.issuer });
  simple.visitor = alice;
  const visitor = visitorOf(app);
  await visitor.visit('/auth/sign-in');
  expect((await meOf(visitor)).name).toBe('Alice Ames');
  expect(await signOut(visitor)).toBeNull();
  expect((await meOf(visitor)).name).toBeNull();
  simple.close();
  await app.close();
});

describe('who may edit', () => {
  test.each([
    ['a listed, verified e-mail address', alice, letThrough],
    ['the same, not verified', { ...alice, sub: 'mallory', email_verified: false }, 403],
    [
      'a listed group',
      { ...alice, sub: 'bob', email: 'bob@example.com', groups: ['gardeners'] },
      letThrough,
    ],
    ['nobody listed', { ...alice, sub: 'carol', email: 'carol@example.com' }, 403],
  ])('%s', async (_who, account, status) => {
    const visitor = await signedIn(account);
    expect((await edit(visitor)).status).toBe(status);
    expect((await meOf(visitor)).mayEdit).toBe(status === letThrough);
  });
});

test.each([
  '//evil.test',
  'https://evil.test/',
  '/\\evil.test',
  '/.//evil.test',
  'javascript:alert(1)',
])('back to %s leads to no other site', async (returnTo) => {
  provider.visitor = alice;
  const { address } = await visitorOf(aviary).visit(
    `/auth/sign-in?return=${encodeURIComponent(returnTo)}`,
  );
  expect(new URL(address).origin).toBe(publicUrl);
});

test('who declines, or comes back with another attempt’s answer, is not signed in', async () => {
  const declined = visitorOf(aviary);
  const { response } = await declined.visit('/auth/sign-in');
  expect(response.status).toBe(401);
  expect(await response.text()).toContain('did not work');
  expect((await meOf(declined)).name).toBeNull();

  const stranger = visitorOf(aviary);
  const forged = await stranger.visit('/auth/callback?code=stolen&state=guessed');
  expect(forged.response.status).toBe(401);
});

test('a session holds on every replica that knows its key, and on no other', async () => {
  const visitor = await signedIn(alice);
  const seal = visitor.cookie('aviary-session') ?? '';
  const [rotated, stranger] = await Promise.all([
    start({ SESSION_KEY: `${newKey},${oldKey}` }),
    start({ SESSION_KEY: newKey }),
  ]);
  const statusAt = async (app: TestApp, value: string) => {
    const elsewhere = visitorOf(app);
    elsewhere.setCookie('aviary-session', value);
    return (await edit(elsewhere)).status;
  };
  expect(await statusAt(rotated, seal)).toBe(letThrough);
  expect(await statusAt(stranger, seal)).toBe(401);
  expect(await statusAt(aviary, `${seal.slice(0, -2)}xx`)).toBe(401);
  // One kind of cookie is not taken for another.
  const begun = visitorOf(aviary);
  await fetch(`${aviary.url}/auth/sign-in`, { redirect: 'manual' }).then((response) => {
    const [, value = ''] =
      /aviary-sign-in=([^;]+)/.exec(response.headers.getSetCookie()[0] ?? '') ?? [];
    begun.setCookie('aviary-session', value);
  });
  expect((await edit(begun)).status).toBe(401);
  await Promise.all([rotated.close(), stranger.close()]);
});

test('while the identity provider is away, reading goes on and signing in says so', async () => {
  const alone = await start({ OIDC_ISSUER: 'http://127.0.0.1:1' });
  expect((await fetch(`${alone.url}/auth/sign-in`, { redirect: 'manual' })).status).toBe(503);
  expect((await alone.call('GET', '/api/products')).status).toBe(200);
  expect(await signOut(visitorOf(alone))).toBeNull();
  await alone.close();
});
