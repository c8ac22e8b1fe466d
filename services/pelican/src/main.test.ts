import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPinecone, type PineconeServer } from '@aviary/local/pinecone';
import { startPostgres } from '@aviary/local/postgres';
import type { Pool } from '@aviary/postgres';
import {
  freePort,
  startService,
  testDatabase,
  testQueue,
  waitUntil,
  type ServiceProcess,
  type TestQueue,
} from '@aviary/testing';
import { VectorIndex } from '@aviary/vector-index';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { poolTo, specOf, write } from '../testing/captured.ts';
import { jobsOf, outboxIsEmpty, textsAfter } from '../testing/relaying.ts';

const script = 'services/pelican/src/main.ts';
const directory = mkdtempSync(join(tmpdir(), 'aviary-pelican-'));
let pinecone: PineconeServer;
let queues: TestQueue;
beforeAll(async () => {
  pinecone = await startPinecone();
  await new VectorIndex({
    apiKey: 'test',
    controllerHostUrl: pinecone.url,
    index: 'aviary',
    namespace: 'things',
  }).ensure({ dimension: 384, metric: 'cosine' });
});
afterAll(async () => {
  await pinecone.close();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  queues = await testQueue();
});

function specFile(table: string): string {
  const { name, ...spec } = specOf({ table });
  const file = join(directory, `${table}.yaml`);
  const document = {
    apiVersion: 'aviary.dev/v1alpha1',
    kind: 'SemanticIndex',
    metadata: { name },
    spec,
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

const start = (databaseUrl: string, more: Record<string, string> = {}): Promise<ServiceProcess> =>
  startService(script, {
    ...queues.environment,
    DATABASE_URL: databaseUrl,
    SPECS: specFile('thing'),
    PINECONE_API_KEY: 'test',
    PINECONE_CONTROLLER_URL: pinecone.url,
    ...more,
  });

const readiness = async (pelican: ServiceProcess) => {
  const response = await fetch(`${pelican.adminUrl}/readyz`).catch(() => undefined);
  const body = response
    ? ((await response.json()) as { parts: Record<string, { reason?: string }> })
    : undefined;
  return { status: response?.status, parts: body?.parts };
};

const relayed = (pool: Pool) =>
  waitUntil(() => outboxIsEmpty(pool), { what: 'the outbox is empty' });

/** An outbox may also be empty because a backfill has not begun: ready says that pelican captures, not that it walked. */
const backfilled = (pool: Pool) =>
  waitUntil(
    async () =>
      (await write(pool, 'select from aviary.backfill where finished_at is not null')).length === 1,
    { what: 'the backfill is finished' },
  );

const createThings = (pool: Pool, rows = 0) =>
  write(
    pool,
    `create table thing (id integer primary key, name text);
    insert into thing select g, 'thing ' || g from generate_series(1, ${rows}) g`,
  );

test('missing variables are all named', async () => {
  await using pelican = await startService(script, {});
  expect(await pelican.exited).toBe(1);
  for (const name of [
    'DATABASE_URL',
    'SPECS',
    'QUEUE_URL',
    'DEAD_LETTER_QUEUE_URL',
    'REFRESH_QUEUE_URL',
    'PINECONE_API_KEY',
  ]) {
    expect(pelican.output()).toContain(`${name}: is not set`);
  }
  expect(pelican.output()).not.toContain('    at ');
});

test('a wrong spec, an absent spec and a spec without its table are told', async () => {
  await using database = await testDatabase();
  const broken = join(directory, 'broken.yaml');
  writeFileSync(broken, '{ kind: SemanticIndex, spec: { source: { text: no column } } }');
  await using misled = await start(database.url, { SPECS: `${broken},${directory}/absent.yaml` });
  expect(await misled.exited).toBe(1);
  expect(misled.output()).toMatch(/broken\.yaml: spec\.source\.text: it names no column/);
  expect(misled.output()).toMatch(/absent\.yaml: there is no such file/);
  await using homeless = await start(database.url);
  expect(await homeless.exited).toBe(1);
  expect(homeless.output()).toContain('there is no table public.thing in this database: create it');
});

test('a backfill and live changes reach the queue; a stop under load loses nothing', async () => {
  await using database = await testDatabase();
  const pool = poolTo(database.url);
  await createThings(pool, 3_000);
  {
    await using pelican = await start(database.url, {
      BATCH_ROWS: '50',
      SHUTDOWN_GRACE_MS: '5000',
    });
    await pelican.ready();
    await waitUntil(async () => Number((await pelican.status()).published) > 100, {
      what: 'work goes on',
    });
    await write(
      pool,
      `insert into thing select g, 'live' from generate_series(3001, 9000) g;
      update thing set name = 'changed' where id <= 1000; delete from thing where id > 8500`,
    );
    expect(await pelican.stop('SIGTERM')).toBe(0);
  }
  await using running = new AsyncDisposableStack();
  running.use(await start(database.url));
  await backfilled(pool);
  await relayed(pool);
  const rows = await write(pool, 'select id, name from thing');
  const texts = textsAfter(jobsOf(await queues.drain()));
  expect(texts).toEqual(Object.fromEntries(rows.map(({ id, name }) => [String(id), name])));
  await pool.end();
});

test('a database that is away at the start, and again midway, is waited for', async () => {
  const port = await freePort();
  const cluster = { dataDir: join(directory, 'postgres'), port, durable: false };
  const first = await startPostgres(cluster);
  const pool = poolTo(first.url);
  await createThings(pool, 10);
  await first.close();
  await using pelican = await start(first.url);
  const misses = async () => {
    const { status, parts } = await readiness(pelican);
    return status === 503 && parts?.database?.reason?.includes('ECONNREFUSED') === true;
  };
  await waitUntil(misses, { what: 'pelican misses the database' });

  const postgres = await startPostgres(cluster);
  await pelican.ready();
  await backfilled(pool);
  await postgres.restart();
  await relayed(pool);
  await write(pool, `insert into thing select g, 'live' from generate_series(11, 20) g`);
  await relayed(pool);
  await pelican.ready();
  expect(Object.keys(textsAfter(jobsOf(await queues.drain())))).toHaveLength(20);
  expect(await pelican.stop()).toBe(0);
  await pool.end();
  await postgres.close();
});
