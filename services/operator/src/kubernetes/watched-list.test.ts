import { createLogger } from '@aviary/runtime';
import { waitUntil } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestApiServer } from '../../testing/api-server.ts';
import type { KubernetesObject } from './resources.ts';
import { WatchedList } from './watched-list.ts';

const collection = '/apis/batch/v1/namespaces/test/jobs';
const logger = createLogger({ service: 'test', level: 'silent' });
const job = (name: string, spec: unknown = {}): KubernetesObject => ({
  ...{ apiVersion: 'batch/v1', kind: 'Job', spec },
  metadata: { name },
});

let server: TestApiServer;
let stop: AbortController;
let running: Promise<void>;
let heard: string[];
beforeEach(async () => {
  server = await TestApiServer.start();
  stop = new AbortController();
  heard = [];
});
afterEach(async () => {
  stop.abort();
  await running;
  await server[Symbol.asyncDispose]();
});

async function listen(times: { relistMs?: number; silenceMs?: number } = {}): Promise<WatchedList> {
  const list = new WatchedList({
    api: server.client(),
    resource: 'batch/v1 Job',
    labels: '',
    onChange: (now, before) => heard.push(`${before?.metadata.name} -> ${now?.metadata.name}`),
    onListed: () => heard.push('listed'),
    logger,
    ...times,
  });
  running = list.run(stop.signal);
  await list.listed;
  return list;
}

const watches = () => server.requests.filter(({ watch }) => watch).length;
const names = (list: WatchedList) => [...list.all()].map(({ metadata }) => metadata.name).sort();
const has = (list: WatchedList, expected: string[]) =>
  waitUntil(() => Promise.resolve(names(list).join() === expected.join()), {
    what: `the list holds ${expected.join()}`,
    everyMs: 20,
  });

test('what is there is listed, and what changes is heard', async () => {
  server.put(`${collection}/a`, job('a'));
  const list = await listen();
  await server.until(() => watches() === 1);
  server.put(`${collection}/b`, job('b'));
  await has(list, ['a', 'b']);
  server.remove(`${collection}/a`);
  await has(list, ['b']);
  expect(heard).toEqual(['undefined -> a', 'listed', 'undefined -> b', 'a -> undefined']);
});

test('a stream that ends is taken up again from where it was, without a list', async () => {
  const list = await listen();
  await server.until(() => watches() === 1);
  server.cutWatches();
  server.put(`${collection}/b`, job('b'));
  await has(list, ['b']);
  expect(heard.filter((word) => word === 'listed')).toHaveLength(1);
});

test('410 Gone has everything listed anew', async () => {
  server.put(`${collection}/a`, job('a'));
  const list = await listen();
  await server.until(() => watches() === 1);
  await server.unheard(() => {
    server.remove(`${collection}/a`);
    server.put(`${collection}/b`, job('b'));
  });
  await has(list, ['b']);
  expect(heard).toContain('a -> undefined');
});

test('a stream that says nothing is given up, and a list tells at last', async () => {
  server.isSilent = true;
  const list = await listen({ silenceMs: 100, relistMs: 5_000 });
  server.put(`${collection}/b`, job('b'));
  await server.until(() => watches() > 1);
  await has(list, ['b']);
});

test('a server that is away or limits is asked again', async () => {
  server.put(`${collection}/a`, job('a'));
  server.refusals.push({ status: 500 }, { status: 429, headers: { 'retry-after': '1' } });
  const startedAt = performance.now();
  const list = await listen();
  expect(names(list)).toEqual(['a']);
  expect(performance.now() - startedAt).toBeGreaterThan(1_000);
});

test('what a write was answered with is known at once, and an older one forgets nothing', async () => {
  const list = await listen();
  const newer = server.put(`${collection}/a`, job('a', { parallelism: 2 }));
  list.learn(newer);
  list.learn({ ...newer, metadata: { ...newer.metadata, resourceVersion: '1' }, spec: {} });
  expect(list.get('a')?.spec).toEqual({ parallelism: 2 });
});
