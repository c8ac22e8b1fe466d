import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestApiServer } from '../../testing/api-server.ts';
import { ApiFailure } from './failure.ts';

const { signal } = new AbortController();

let server: TestApiServer;
beforeEach(async () => {
  server = await TestApiServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test('kinds of the core have paths of their own', async () => {
  const api = server.client();
  await api.get('v1 ConfigMap', 'a', signal);
  await api.get('batch/v1 Job', 'b', signal);
  expect(server.requests.map(({ path }) => path)).toEqual([
    '/api/v1/namespaces/test/configmaps/a',
    '/apis/batch/v1/namespaces/test/jobs/b',
  ]);
});

test('an object goes out and comes back as it is, fields that nobody knows among them', async () => {
  const spec = { unknownToAll: [null, { time: '2026-11-21T17:00:00.123456Z' }] };
  const metadata = { name: 'a', creationTimestamp: '2026-11-21T17:00:00Z' };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec };
  const made = await server.client().create(job, signal);
  expect(made).toMatchObject(job);
  expect(server.objects.get('/apis/batch/v1/namespaces/test/jobs/a')).toEqual(made);
});

test('a refusal says why, and for how long', async () => {
  server.refusals.push({ status: 429, headers: { 'retry-after': '7' } });
  const failure = await failureOf(server.client().get('v1 ConfigMap', 'a', signal));
  expect(failure).toBeInstanceOf(ApiFailure);
  expect(failure).toMatchObject({
    message: 'Kubernetes, get /api/v1/namespaces/test/configmaps/a: refused (429).',
    reason: 'throttled',
    retryAfterMs: 7_000,
  });
});

test('a server that is not there is unreachable', async () => {
  const api = server.client();
  await server[Symbol.asyncDispose]();
  const failure = await failureOf(api.list('v1 Pod', '', signal));
  expect(failure).toMatchObject({
    message: 'Kubernetes, list /api/v1/namespaces/test/pods: ECONNREFUSED',
    reason: 'unreachable',
  });
});

test('who stops it is told so, also while a server says nothing', async () => {
  const stop = new AbortController();
  server.isSilent = true;
  const from = { labelSelector: '', resourceVersion: '1', timeoutSeconds: 60 };
  const stream = await server.client().watch('v1 Pod', from, stop.signal);
  const reading = failureOf(stream.getReader().read());
  const reason = new Error('stopped');
  stop.abort(reason);
  expect(await reading).toBe(reason);
  expect(await failureOf(server.client().get('v1 ConfigMap', 'a', stop.signal))).toBe(reason);
});
