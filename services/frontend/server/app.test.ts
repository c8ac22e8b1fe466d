import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemSchema } from '../shared/problem.ts';
import { startApp, type TestApp } from '../testing/start-app.ts';
let aviary: TestApp;
beforeAll(async () => {
  aviary = await startApp();
});
afterAll(() => aviary.close());

test.each([
  ['/api/search', 'q'],
  ['/api/search?q=%20', 'q'],
  ['/api/search?q=a&page=0', 'page'],
  ['/api/search?q=a&page=101&pageSize=100', 'page'],
  ['/api/products?sort=uuid', 'sort'],
  ['/api/products/x', 'id'],
  ['/api/products/1/journey', 'since'],
  // Postgres would refuse it, together with what is asked for others.
  ['/api/products/1/journey?since=1e300', 'since'],
])('%s is refused and names %s', async (path, field) => {
  const { status, body } = await aviary.call('GET', path);
  expect(status).toBe(400);
  expect(problemSchema.parse(body).errors?.map((fault) => fault.field)).toEqual([field]);
});

test('no answer shows a stack trace, whatever the body', async () => {
  const broken = await fetch(`${aviary.url}/api/products`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name": ',
  });
  expect(broken.status).toBe(400);
  expect(problemSchema.parse(await broken.json()).detail).not.toContain(' at ');
  const huge = await aviary.call('POST', '/api/products', { description: 'x'.repeat(6_000_000) });
  expect(huge.status).toBe(413);
  expect((await fetch(`${aviary.url}/api/nothing`)).status).toBe(404);
});

test('the page comes with a strict policy, and says so when it is not built', async () => {
  const response = await fetch(aviary.url);
  expect(response.status).toBe(503);
  expect(await response.text()).toContain('npm run build');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain('unsafe');
});

test('openapi.yaml documents the routes there are', () => {
  const routes = aviary.app.router.stack.flatMap(({ route }) =>
    route?.path.startsWith('/api/')
      ? route.stack.map(({ method }) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`)
      : [],
  );
  expect([...new Set(routes)].sort()).toEqual(aviary.contract.operations.sort());
});
