import {
  contentHash,
  decodeRefreshRequest,
  encodeJob,
  jobFormat,
  orderingOf,
  type ChangeJob,
  type UpsertJob,
} from '@aviary/change-job';
import { startEmbeddings } from '@aviary/local/embeddings';
import { startPinecone } from '@aviary/local/pinecone';
import { startSqs } from '@aviary/local/sqs';
import { startService, testQueue, waitUntil } from '@aviary/testing';
import { VectorIndex } from '@aviary/vector-index';
import { expect, test, type TestContext } from 'vitest';

const model = 'text-embedding-3-small';
const dimensions = 384;
const script = 'services/emu/src/main.ts';
const never = new AbortController().signal;

function jobOf(row: number, given: Partial<UpsertJob> = {}): ChangeJob {
  return {
    format: jobFormat,
    op: 'upsert',
    index: 'products',
    id: String(row),
    version: row,
    changedAt: Date.now(),
    publishBy: Date.now() + 600_000,
    text: `text of ${row}`,
    metadata: {},
    contentHash: contentHash(`text of ${row}`, model, dimensions),
    textIsNew: true,
    ...given,
  };
}

/** The stand-ins, with rows waiting in the queue, and what a service needs to reach them. */
async function setUp({ onTestFinished }: TestContext, rows: number) {
  const sqs = await startSqs();
  const pinecone = await startPinecone({ latencyMs: 10 });
  const embeddings = await startEmbeddings({
    model: { stub: { baseMs: 100, perTextMs: 0.2, dimensions } },
  });
  onTestFinished(async () => {
    await Promise.all([sqs.close(), pinecone.close(), embeddings.close()]);
  });
  const { queue, deadLetters, refresh, environment, drain } = await testQueue(sqs.url);
  const jobs = Array.from({ length: rows }, (_, row) => jobOf(row));
  await queue.send(
    jobs.map((job) => ({ body: encodeJob(job), ...orderingOf(job) })),
    { signal: never },
  );
  const startEmu = async (given: Record<string, string> = {}) => {
    const emu = await startService(script, {
      ...environment,
      SPECS: 'examples/products.yaml',
      OPENAI_API_KEY: 'key',
      OPENAI_BASE_URL: embeddings.url,
      PINECONE_API_KEY: 'key',
      PINECONE_CONTROLLER_URL: pinecone.url,
      ...given,
    });
    onTestFinished(() => emu[Symbol.asyncDispose]());
    return emu;
  };
  const records = new VectorIndex({
    apiKey: 'key',
    controllerHostUrl: pinecone.url,
    index: 'aviary',
    namespace: 'products',
  });
  const indexed = () => records.count().catch(() => 0);
  return {
    embeddings,
    startEmu,
    indexed,
    queue,
    refresh,
    records,
    deadLetters: () => drain(deadLetters),
    indexedAtLeast: (count: number) =>
      waitUntil(async () => (await indexed()) >= count, { what: `${count} rows are indexed` }),
  };
}

test('SIGTERM under load finishes what is in work, hands back the rest and loses nothing', async (context) => {
  const { startEmu, indexed, indexedAtLeast, queue, deadLetters } = await setUp(context, 3_000);
  const first = await startEmu();
  await indexedAtLeast(300);
  expect(await first.stop()).toBe(0);
  const { visible, inFlight } = await queue.depth();
  expect(inFlight).toBe(0);
  expect(visible).toBeGreaterThan(0);
  expect(await indexed()).toBe(3_000 - visible);
  await startEmu();
  await indexedAtLeast(3_000);
  expect(await deadLetters()).toEqual([]);
});

test('after a SIGKILL another emu does the rest', async (context) => {
  const { startEmu, indexedAtLeast, queue } = await setUp(context, 1_000);
  const short = { VISIBILITY_TIMEOUT_SECONDS: '6', HEARTBEAT_SECONDS: '2' };
  const first = await startEmu(short);
  await indexedAtLeast(100);
  await first.stop('SIGKILL');
  await startEmu(short);
  await indexedAtLeast(1_000);
  await waitUntil(
    async () => {
      const { visible, inFlight } = await queue.depth();
      return visible + inFlight === 0;
    },
    { what: 'the queue is empty' },
  );
});

test('an emu that was frozen in front of its write asks for the row anew', async (context) => {
  const { startEmu, queue, refresh, records, indexedAtLeast } = await setUp(context, 1);
  const short = { VISIBILITY_TIMEOUT_SECONDS: '6', HEARTBEAT_SECONDS: '2' };
  const frozen = await startEmu({
    ...short,
    REFRESH_DELAY_SECONDS: '0',
    NODE_OPTIONS: '--import ./services/emu/testing/freeze-at-write.ts',
  });
  await waitUntil(() => frozen.output().includes('frozen'), { what: 'the first emu is frozen' });
  // Whoever gets the row next asks for it too, but not within this test.
  await startEmu({ ...short, REFRESH_DELAY_SECONDS: '900' });
  await indexedAtLeast(1);
  const newer = jobOf(0, { version: 7 });
  await queue.send([{ body: encodeJob(newer), ...orderingOf(newer) }], { signal: never });
  const version = async () =>
    (await records.fetch(['0'])).get('0')?.metadata.aviary_version as number;
  await waitUntil(async () => (await version()) === 7, { what: 'the newer state is indexed' });
  expect(await refresh.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 1 });

  process.kill(frozen.pid, 'SIGCONT');
  const [request] = await refresh.receive({
    waitSeconds: 10,
    visibilityTimeoutSeconds: 60,
    signal: never,
  });
  expect(decodeRefreshRequest(request?.body ?? '')).toEqual({ index: 'products', ids: ['0'] });
  // It was needed: the old state stands in place of the newer one.
  expect(await version()).toBe(0);
});

test('the second signal exits at once', async (context) => {
  const { embeddings, startEmu } = await setUp(context, 1);
  embeddings.setFaults({ latencyMs: 60_000 });
  const emu = await startEmu();
  await waitUntil(() => embeddings.stats().requests > 0, { what: 'the row is in work' });
  process.kill(emu.pid, 'SIGTERM');
  await waitUntil(() => emu.output().includes('"stopping"'), { what: 'emu is stopping' });
  expect(await emu.stop()).toBe(130);
});

test('tells what it has done', async (context) => {
  const { startEmu, indexedAtLeast } = await setUp(context, 100);
  const emu = await startEmu();
  await emu.ready();
  await indexedAtLeast(100);
  await waitUntil(async () => (await emu.status()).inWork === 0, { what: 'all is acknowledged' });
  const status = await emu.status();
  expect(status).toMatchObject({
    ready: true,
    service: 'emu',
    specs: ['products'],
    inWork: 0,
    buffered: 0,
    receivedTotal: 100,
    embeddedTextsTotal: 100,
    reusedTotal: 0,
    upsertedTotal: 100,
    deletedTotal: 0,
    deadLetteredTotal: 0,
    abandonedTotal: 0,
  });
  expect(status.tokensTotal).toBeGreaterThan(0);
  expect(status.rates).toMatchObject({ rowsPerSecond: expect.any(Number) as number });
  expect(status.lagSeconds).toMatchObject({ p50: expect.any(Number) as number });
  const { counts } = status.lagSeconds as { counts: [number, number][] };
  expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(100);
  expect(status.tokensPerMinute).toEqual({ [model]: null });
  const metrics = await (await fetch(`${emu.adminUrl}/metrics`)).text();
  for (const line of [
    'aviary_emu_jobs_total{index="products",op="upsert",outcome="done",service="emu"} 100',
    'aviary_emu_embedded_texts_total{index="products",service="emu"} 100',
    'aviary_emu_queue_requests_total{action="acknowledge",service="emu"}',
    'aviary_emu_commit_to_indexed_seconds_count{service="emu",index="products"} 100',
    'aviary_emu_stage_duration_seconds_bucket',
  ]) {
    expect(metrics).toContain(line);
  }
});

test.each([
  { fault: 'a missing variable', environment: {}, says: 'QUEUE_URL: is not set' },
  {
    fault: 'a missing spec',
    environment: {
      QUEUE_URL: 'http://127.0.0.1:1/0/changes.fifo',
      DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:1/0/changes-dead.fifo',
      REFRESH_QUEUE_URL: 'http://127.0.0.1:1/0/changes-refresh',
      SPECS: 'no-such-file.yaml',
      OPENAI_API_KEY: 'key',
      PINECONE_API_KEY: 'key',
    },
    says: 'no-such-file.yaml: there is no such file',
  },
])('$fault ends the start with a plain message', async ({ environment, says }) => {
  const emu = await startService(script, environment);
  expect(await emu.exited).toBe(1);
  expect(emu.output()).toContain(says);
  expect(emu.output()).not.toContain('    at ');
});
