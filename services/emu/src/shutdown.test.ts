import { contentHash, encodeJob, jobFormat, orderingOf, type ChangeJob } from '@aviary/change-job';
import { startEmbeddings, type EmbeddingsServer } from '@aviary/local/embeddings';
import { startPinecone, type PineconeServer } from '@aviary/local/pinecone';
import { startSqs, type LocalSqs } from '@aviary/local/sqs';
import { startService, testQueue, waitUntil, type ServiceProcess } from '@aviary/testing';
import { VectorIndex } from '@aviary/vector-index';
import { describe, expect, test, type TestContext } from 'vitest';

const model = 'text-embedding-3-small';
const dimensions = 384;
/**
 * So short that a test can wait for its end, and no shorter: from here down, less than two seconds of it are left behind
 * the deadline, and a hand-back alone may take 1.2.
 */
const graceMs = 8_000;

/** For what can't be handed back: it comes back by itself while a test waits. */
const shortVisibility = { VISIBILITY_TIMEOUT_SECONDS: '8', HEARTBEAT_SECONDS: '2' };

interface Servers {
  sqs: LocalSqs;
  pinecone: PineconeServer;
  embeddings: EmbeddingsServer;
}

/** A backlog in the queue of a test's own servers, and emus that work on it. */
async function setUp({ onTestFinished }: TestContext, rows: number, baseMs = 50) {
  const servers: Servers = {
    sqs: await startSqs(),
    pinecone: await startPinecone({ latencyMs: 10 }),
    embeddings: await startEmbeddings({ model: { stub: { baseMs, perTextMs: 0.2, dimensions } } }),
  };
  onTestFinished(async () => {
    await Promise.all(
      Object.values(servers).map((server: { close(): Promise<void> }) => server.close()),
    );
  });
  const { queue, deadLetters, environment, drain } = await testQueue(servers.sqs.url);
  const jobs = Array.from({ length: rows }, (_, row): ChangeJob => ({
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
  }));
  await queue.send(
    jobs.map((job) => ({ body: encodeJob(job), ...orderingOf(job) })),
    { signal: AbortSignal.timeout(30_000) },
  );
  const records = new VectorIndex({
    apiKey: 'key',
    controllerHostUrl: servers.pinecone.url,
    index: 'aviary',
    namespace: 'products',
  });
  const indexed = () => records.count().catch(() => 0);
  return {
    ...servers,
    queue,
    deadLetters: () => drain(deadLetters),
    indexed,
    untilIndexed: (count: number) =>
      waitUntil(async () => (await indexed()) >= count, { what: `${count} rows are indexed` }),
    startEmu: async (given: Record<string, string> = {}) => {
      const emu = await startService('services/emu/src/main.ts', {
        ...environment,
        SPECS: 'examples/products.yaml',
        OPENAI_API_KEY: 'key',
        OPENAI_BASE_URL: servers.embeddings.url,
        PINECONE_API_KEY: 'key',
        PINECONE_CONTROLLER_URL: servers.pinecone.url,
        SHUTDOWN_GRACE_MS: String(graceMs),
        ...given,
      });
      onTestFinished(() => emu[Symbol.asyncDispose]());
      return emu;
    },
  };
}

/** Ends it as Kubernetes does. An emu that is not done inside the grace period exits with 1. */
async function terminate(emu: ServiceProcess): Promise<void> {
  expect(await emu.stop('SIGTERM'), emu.output()).toBe(0);
}

test('emus replaced one after the other lose nothing and embed nothing twice', async (context) => {
  const rows = 3_000;
  // 64 rows in 0.3 s for each emu: the backlog lasts for several replacements, however slow the machine.
  const small = { MAX_BATCH: '32', CONCURRENCY: '2' };
  const { startEmu, indexed, untilIndexed, embeddings, deadLetters, queue } = await setUp(
    context,
    rows,
    300,
  );
  const running = await Promise.all([startEmu(small), startEmu(small), startEmu(small)]);
  let replaced = 0;
  await untilIndexed(100);
  while ((await indexed()) < rows / 3) {
    const next = await startEmu(small);
    await next.ready();
    running.push(next);
    const oldest = running.shift();
    if (oldest !== undefined) await terminate(oldest);
    replaced += 1;
  }
  expect(replaced).toBeGreaterThan(0);
  // Far below the visibility timeout of 60 s: what was handed back is there at once.
  await untilIndexed(rows);
  expect(embeddings.stats().inputs).toBe(rows);
  await Promise.all(running.map(terminate));
  expect(await queue.depth()).toMatchObject({ visible: 0, inFlight: 0 });
  expect(await deadLetters()).toEqual([]);
});

describe.concurrent(
  'a stop ends inside the grace period, and another emu takes up the rows',
  () => {
    test('while the embedder hangs', async (context) => {
      const rows = 1_600;
      const setup = await setUp(context, rows);
      const { embeddings, startEmu, untilIndexed, queue, deadLetters } = setup;
      const emu = await startEmu();
      await untilIndexed(100);
      embeddings.setFaults({ latencyMs: 120_000 });
      await waitUntil(async () => Number((await emu.status()).buffered) > 0, {
        what: 'work piles up',
      });
      await terminate(emu);
      embeddings.setFaults({});
      await startEmu();
      await untilIndexed(rows);
      await waitUntil(
        async () => {
          const { visible, inFlight } = await queue.depth();
          return visible + inFlight === 0;
        },
        { what: 'the queue is empty' },
      );
      expect(await deadLetters()).toEqual([]);
    });

    test.for([
      {
        what: 'the index answers 503: an attempt that the stop cuts off is not handed back',
        break: ({ pinecone }: Servers) => pinecone.setFaults({ unavailable: 1 }),
        mend: ({ pinecone }: Servers) => pinecone.setFaults({}),
      },
      {
        what: 'the index hangs: what it has been sent is not handed back',
        break: ({ pinecone }: Servers) => pinecone.setFaults({ latencyMs: 120_000 }),
        mend: ({ pinecone }: Servers) => pinecone.setFaults({}),
      },
      {
        what: 'the queue hangs: nothing can be handed back',
        break: ({ sqs }: Servers) => sqs.setFaults({ latencyMs: 120_000 }),
        mend: ({ sqs }: Servers) => sqs.setFaults({}),
      },
    ])('while $what, and nothing is lost', async (fault, context) => {
      const rows = 1_200;
      const setup = await setUp(context, rows);
      const { startEmu, untilIndexed, deadLetters } = setup;
      const emu = await startEmu(shortVisibility);
      await untilIndexed(100);
      fault.break(setup);
      await terminate(emu);
      fault.mend(setup);
      await startEmu(shortVisibility);
      await untilIndexed(rows);
      expect(await deadLetters()).toEqual([]);
    });
  },
);

describe.concurrent('the second signal exits at once', () => {
  test.for([
    {
      what: 'the index hangs',
      break: ({ pinecone }: Servers) => pinecone.setFaults({ latencyMs: 120_000 }),
    },
    {
      what: 'the queue hangs',
      break: ({ sqs }: Servers) => sqs.setFaults({ latencyMs: 120_000 }),
    },
  ])('while $what', async (fault, context) => {
    const setup = await setUp(context, 500);
    const emu = await setup.startEmu({ SHUTDOWN_GRACE_MS: '60000' });
    await setup.untilIndexed(100);
    fault.break(setup);
    process.kill(emu.pid, 'SIGTERM');
    await waitUntil(() => emu.output().includes('"stopping"'), { what: 'emu is stopping' });
    expect(await emu.stop('SIGTERM')).toBe(130);
  });
});
