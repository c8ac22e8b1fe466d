import { setTimeout as delay } from 'node:timers/promises';
import { startPinecone, type PineconeServer } from '@aviary/local/pinecone';
import type { Pool } from '@aviary/postgres';
import {
  testDatabase,
  testQueue,
  waitUntil,
  type TestDatabase,
  type TestQueue,
} from '@aviary/testing';
import { VectorIndex } from '@aviary/vector-index';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aviarySchema, capture, poolTo, write, type Source } from '../../testing/captured.ts';
import { startIndexing } from '../../testing/indexing.ts';
import { outboxIsEmpty, startRelay } from '../../testing/relaying.ts';
import type { AuditExample } from './audit-findings.ts';
import { audit, type AuditOptions } from './audit.ts';
import type { CapturedTable } from '../capture/capture.ts';

let database: TestDatabase;
let pool: Pool;
let queues: TestQueue;
let pinecone: PineconeServer;
let vectors: VectorIndex;
beforeEach(async () => {
  [database, queues, pinecone] = await Promise.all([
    testDatabase(aviarySchema),
    testQueue(),
    startPinecone(),
  ]);
  pool = poolTo(database.url, 16);
  vectors = new VectorIndex({
    apiKey: 'test',
    controllerHostUrl: pinecone.url,
    index: 'aviary',
    namespace: 'things',
  });
  await vectors.ensure({ dimension: 384, metric: 'cosine' });
});
afterEach(async () => {
  await pool.end();
  await Promise.all([database.drop(), pinecone.close()]);
});

const sql = (text: string) => write(pool, text);
const vector = Float32Array.from({ length: 384 }, (_, at) => (at === 0 ? 1 : 0));

const run = (table: CapturedTable, options: Partial<AuditOptions> = {}) =>
  audit({
    pool,
    table,
    vectors,
    queue: queues.queue,
    refreshQueue: queues.refresh,
    repair: false,
    waitMs: 10_000,
    settleMs: 400,
    examples: 20,
    signal: AbortSignal.timeout(60_000),
    ...options,
  });

/** A table whose rows, once captured, are in the index. */
async function inStep(source: Source, columns: string, fill: string): Promise<CapturedTable> {
  await sql(`create table ${source.table} (${columns})`);
  const table = await capture(pool, source);
  await sql(`delete from aviary.backfill; ${fill}`);
  await using pipeline = await startPipeline(table);
  await pipeline.quiet();
  return table;
}

async function startPipeline(table: CapturedTable) {
  const stack = new AsyncDisposableStack();
  stack.use(await startRelay(pool, [table], queues));
  stack.use(startIndexing(queues.queue, vectors));
  const quiet = () =>
    waitUntil(
      async () => {
        if (!(await outboxIsEmpty(pool))) return false;
        const { visible, inFlight } = await queues.queue.depth();
        return visible + inFlight === 0;
      },
      { what: 'all is indexed' },
    );
  return { quiet, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const things = () =>
  inStep(
    { table: 'thing', metadata: ['price', 'tags', 'note'] },
    'id integer primary key, name text, price numeric, tags text[], note text',
    `insert into thing select g, 'thing ' || g, g / 7.0, array['a', g::text], case when g % 2 = 0 then 'n' end
     from generate_series(1, 400) g`,
  );

/** Changes a stored record's metadata behind Aviary's back. */
async function tamper(id: string, change: (metadata: Record<string, unknown>) => void) {
  const record = (await vectors.fetch([id])).get(id);
  const metadata = { ...record?.metadata };
  change(metadata);
  await vectors.upsert([{ id, values: vector, metadata }]);
}

async function corrupt() {
  await vectors.delete(['1']);
  await tamper('2', (metadata) => (metadata.price = 99));
  await tamper('3', (metadata) => delete metadata.tags);
  await tamper('5', (metadata) => (metadata.note = 'added'));
  await tamper('6', (metadata) => (metadata.aviary_hash = 'of-another-text'));
  await tamper('7', (metadata) => (metadata.tags = ['7', 'a']));
  await vectors.upsert(['9999', '100%', '1:2'].map((id) => ({ id, values: vector, metadata: {} })));
  // A row without text, whose record stays.
  await sql('alter table thing disable trigger user');
  await sql(
    "update thing set name = '' where id = 10; update thing set name = 'edited' where id = 8",
  );
  await sql('alter table thing enable trigger user');
}

const differences = (examples: AuditExample[]) =>
  examples.map(({ kind, id, fields }) => [kind, id, ...fields]).sort();

const planted = [
  ['foreign', '100%'],
  ['foreign', '1:2'],
  ['missing', '1'],
  ['orphaned', '10'],
  ['orphaned', '9999'],
  ['stale', '2', 'price'],
  ['stale', '3', 'tags'],
  ['stale', '5', 'note'],
  ['stale', '6', 'text'],
  ['stale', '7', 'tags'],
  ['stale', '8', 'text'],
];

test('an index in step has no differences', async () => {
  const findings = await run(await things());
  expect(findings).toMatchObject({
    index: 'things',
    rows: 400,
    records: 400,
    missing: 0,
    stale: 0,
    orphaned: 0,
    foreign: 0,
    undecided: 0,
    examples: [],
  });
});

test('every kind of difference is found, by the names of columns alone', async () => {
  const table = await things();
  await corrupt();
  const findings = await run(table);
  expect(differences(findings.examples)).toEqual(planted);
  expect(findings).toMatchObject({ missing: 1, stale: 6, orphaned: 2, foreign: 2, undecided: 0 });
  expect(findings.examples.find(({ id }) => id === '10')).toMatchObject({
    key: { id: '10' },
    what: 'its row has no text',
  });
  expect(await outboxIsEmpty(pool)).toBe(true);
});

test('a repair mends all but foreign ids', async () => {
  const table = await things();
  await corrupt();
  await using pipeline = await startPipeline(table);
  const findings = await run(table, { repair: true });
  expect(findings).toMatchObject({ missing: 1, stale: 6, orphaned: 2, mended: 9, undecided: 0 });
  await pipeline.quiet();
  expect(differences((await run(table)).examples)).toEqual([
    ['foreign', '100%'],
    ['foreign', '1:2'],
  ]);
});

test('what a repair could not mend is told', async () => {
  const table = await things();
  await vectors.delete(['1']);
  // No relay runs. Long enough to find the fault on a machine that halts for seconds.
  const findings = await run(table, { repair: true, waitMs: 5_000 });
  expect(findings).toMatchObject({ missing: 1, mended: 0 });
  expect(findings.examples).toMatchObject([{ kind: 'missing', id: '1', mended: false }]);
});

test('composite keys of text, with blanks and colons', async () => {
  const table = await inStep(
    { table: 'stock', key: ['store', 'sku'], text: '{{shelf}}', metadata: ['sku'] },
    'store text, sku text, shelf text, primary key (sku, store)',
    `insert into stock select 'store ' || g % 9, 'sku:' || g, 'on shelf ' || g from generate_series(1, 300) g`,
  );
  await vectors.delete(['store%201:sku%3A1']);
  await tamper('store%202:sku%3A2', (metadata) => (metadata.sku = 'else'));
  await vectors.upsert([{ id: 'no:row', values: vector, metadata: {} }]);
  await vectors.upsert([{ id: 'single', values: vector, metadata: {} }]);
  const findings = await run(table);
  expect(findings.rows).toBe(300);
  expect(differences(findings.examples)).toEqual([
    ['foreign', 'single'],
    ['missing', 'store%201:sku%3A1'],
    ['orphaned', 'no:row'],
    ['stale', 'store%202:sku%3A2', 'sku'],
  ]);
  expect(findings.examples.find(({ kind }) => kind === 'missing')?.key).toEqual({
    store: 'store 1',
    sku: 'sku:1',
  });
});

test('a row that can have no record is told apart', async () => {
  const table = await things();
  await sql("update thing set price = 'NaN' where id = 4");
  await sql(`delete from aviary.outbox`);
  const findings = await run(table);
  expect(findings).toMatchObject({ missing: 0, stale: 0, unindexable: 1 });
  expect(findings.examples[0]?.what).toMatch(/"price" is NaN.*An older record/);
});

test('edits that flow are no differences', async () => {
  const table = await things();
  const stopping = new AbortController();
  const editing = (async () => {
    for (let edit = 0; !stopping.signal.aborted; edit += 1) {
      const id = 1 + (edit % 400);
      await sql(
        edit % 5 === 4
          ? `delete from thing where id = ${id}; insert into thing (id, name) values (${id}, 'again')`
          : `update thing set name = 'edit ${edit}', price = ${edit} where id = ${id}`,
      );
      await delay(5);
    }
  })();
  await using running = new AsyncDisposableStack();
  running.use(await startPipeline(table));
  for (let audits = 0; audits < 4; audits += 1) {
    const found = await run(table);
    expect(found).toMatchObject({ missing: 0, stale: 0, orphaned: 0, undecided: 0 });
  }
  stopping.abort();
  await editing;
});

test('what waits in the outbox stays undecided', async () => {
  const table = await things();
  await sql("update thing set name = 'new' where id <= 5; insert into thing values (401, 'new')");
  const findings = await run(table, { waitMs: 2_000 });
  expect(findings).toMatchObject({ missing: 0, stale: 0, undecided: 6, onItsWay: { outbox: 6 } });
});

test('what waits in the queue, or is in flight, stays undecided', async () => {
  const table = await things();
  await sql("update thing set name = 'new' where id <= 5; delete from thing where id = 400");
  {
    await using running = new AsyncDisposableStack();
    running.use(await startRelay(pool, [table], queues));
    await waitUntil(() => outboxIsEmpty(pool), { what: 'all is published' });
  }
  const waiting = await run(table, { waitMs: 2_000 });
  expect(waiting).toMatchObject({ stale: 0, orphaned: 0, undecided: 6 });
  expect(waiting.onItsWay?.queue.visible).toBe(6);
  const signal = AbortSignal.timeout(10_000);
  await queues.queue.receive({ waitSeconds: 0, visibilityTimeoutSeconds: 60, signal });
  const inFlight = await run(table, { waitMs: 2_000 });
  expect(inFlight).toMatchObject({ stale: 0, orphaned: 0, undecided: 6 });
});

test('what waits in the refresh queue stays undecided, also while it is delayed', async () => {
  const table = await things();
  await vectors.delete(['1']);
  const signal = AbortSignal.timeout(10_000);
  await queues.refresh.send([{ body: '{}', delaySeconds: 60 }], { signal });
  const findings = await run(table, { waitMs: 2_000 });
  expect(findings).toMatchObject({ missing: 0, undecided: 1 });
  expect(findings.onItsWay?.refreshQueue.delayed).toBe(1);
});

test('while a backfill is under way, rows that are not in the index are undecided', async () => {
  const table = await things();
  await vectors.delete(['1']);
  await sql(`insert into aviary.backfill (source_id) values (${table.sourceId})`);
  const findings = await run(table, { waitMs: 2_000 });
  expect(findings).toMatchObject({ missing: 0, undecided: 1, onItsWay: { backfill: true } });
});

test('a fault is found amid traffic that never ends, once it may be repaired', async () => {
  const table = await things();
  await vectors.delete(['1']);
  // Another row's, in flight all the time.
  const signal = AbortSignal.timeout(5_000);
  await queues.queue.send([{ body: '{}', groupId: 'other', deduplicationId: 'other' }], { signal });
  await queues.queue.receive({ waitSeconds: 0, visibilityTimeoutSeconds: 60, signal });
  await using running = new AsyncDisposableStack();
  running.use(await startPipeline(table));
  expect(await run(table, { waitMs: 1_500 })).toMatchObject({ missing: 0, undecided: 1 });
  const findings = await run(table, { repair: true, waitMs: 4_000 });
  expect(findings).toMatchObject({ missing: 1, mended: 1, undecided: 0 });
});

test('an index where all is missing is judged in bounded groups', async () => {
  await sql('create table thing (id integer primary key, name text)');
  const table = await capture(pool, { table: 'thing' });
  await sql(`delete from aviary.backfill;
    insert into thing select g, 'thing ' || g from generate_series(1, 12000) g;
    delete from aviary.outbox`);
  const findings = await run(table, { examples: 3 });
  expect(findings).toMatchObject({ rows: 12_000, missing: 12_000, undecided: 0 });
  expect(findings.examples).toHaveLength(3);
});

test('failures of the index are waited for', async () => {
  const table = await things();
  await vectors.delete(['1']);
  pinecone.setFaults({ unavailable: 0.2, droppedBefore: 0.1 });
  const findings = await run(table);
  expect(findings).toMatchObject({ rows: 400, records: 399, missing: 1, stale: 0, orphaned: 0 });
});

test('an audit ends with its signal', async () => {
  const table = await things();
  await vectors.delete(['1']);
  await sql("update thing set name = 'new' where id = 2");
  const stopping = new AbortController();
  const running = run(table, {
    signal: stopping.signal,
    onProgress: ({ stage }) => {
      if (stage === 'waiting') stopping.abort(new Error('enough'));
    },
  });
  await expect(running).rejects.toThrow('enough');
});
