import {
  contentHash,
  decodeDeadLetter,
  decodeRefreshRequest,
  encodeJob,
  jobFormat,
  orderingOf,
  provenanceOf,
  type ChangeJob,
  type UpsertJob,
} from '@aviary/change-job';
import { Embedder, Pacer } from '@aviary/embedding';
import { startEmbeddings } from '@aviary/local/embeddings';
import { startPinecone } from '@aviary/local/pinecone';
import { startSqs } from '@aviary/local/sqs';
import { Queue, createQueueClient, provisionQueue } from '@aviary/queue';
import { Health, Registry, createLogger } from '@aviary/runtime';
import { toSemanticIndex } from '@aviary/semantic-index';
import { VectorIndex } from '@aviary/vector-index';
import { expect, test, vi, type TestContext } from 'vitest';
import { Dependency } from './dependency.ts';
import { writeMarginMs } from './leases.ts';
import { Pipeline } from './pipeline.ts';
import { Telemetry } from './telemetry.ts';

process.env.AWS_ACCESS_KEY_ID ??= 'local';
process.env.AWS_SECRET_ACCESS_KEY ??= 'local';

const dimensions = 8;
const model = 'text-embedding-3-small';
const never = new AbortController().signal;
const soon = { timeout: 60_000, interval: 20 };
const refreshDelaySeconds = 1;

const spec = toSemanticIndex({
  apiVersion: 'aviary.dev/v1alpha1',
  kind: 'SemanticIndex',
  metadata: { name: 'products' },
  spec: {
    source: { table: 'products', text: '{{name}}', metadata: ['price'] },
    embedding: { model, dimensions },
    target: { index: 'aviary', namespace: 'products' },
  },
});

function upsertOf(id: string, version: number, given: Partial<UpsertJob> = {}): UpsertJob {
  const text = given.text ?? `text of ${id}`;
  return {
    format: jobFormat,
    op: 'upsert',
    index: 'products',
    id,
    version,
    changedAt: Date.now(),
    publishBy: Date.now() + 600_000,
    text,
    metadata: {},
    contentHash: contentHash(text, model, dimensions),
    textIsNew: true,
    ...given,
  };
}

function deleteOf(id: string, version: number): ChangeJob {
  return {
    format: jobFormat,
    op: 'delete',
    index: 'products',
    id,
    version,
    changedAt: Date.now(),
    publishBy: Date.now() + 600_000,
  };
}

function messageOf(job: ChangeJob) {
  return { body: encodeJob(job), ...orderingOf(job) };
}

/** The stand-ins, and emus on them; all end with the test. */
async function setUp(
  { onTestFinished }: TestContext,
  { embedderMs = 0 }: { embedderMs?: number } = {},
) {
  const sqs = await startSqs();
  const pinecone = await startPinecone();
  const embeddings = await startEmbeddings({
    model: { stub: { baseMs: embedderMs, perTextMs: 0, dimensions } },
  });
  onTestFinished(async () => {
    await Promise.all([sqs.close(), pinecone.close(), embeddings.close()]);
  });
  const client = createQueueClient({ region: 'us-east-1', endpoint: sqs.url });
  const { queueUrl, deadLetterQueueUrl, refreshQueueUrl } = await provisionQueue(client, 'changes');
  const queue = new Queue(client, queueUrl);
  const deadLetterQueue = new Queue(client, deadLetterQueueUrl);
  const refreshQueue = new Queue(client, refreshQueueUrl);
  const recordsWithin = (requestTimeoutMs: number) =>
    new VectorIndex({
      apiKey: 'key',
      controllerHostUrl: pinecone.url,
      ...spec.target,
      requestTimeoutMs,
    });
  const records = recordsWithin(30_000);
  await records.ensure({ dimension: dimensions, metric: 'cosine' });

  /** An emu at work. */
  async function startEmu(given: { visibilityTimeoutSeconds?: number } = {}) {
    const visibilityTimeoutSeconds = given.visibilityTimeoutSeconds ?? 60;
    const telemetry = new Telemetry(new Registry());
    const logger = createLogger({ service: 'emu', level: 'silent' });
    const health = new Health();
    const dependency = (name: string) =>
      new Dependency({ name, health, logger, onRetry: () => telemetry.retried(name) });
    const route = {
      spec,
      embedder: new Embedder({
        apiKey: 'key',
        baseURL: embeddings.url,
        model,
        dimensions,
        pacer: new Pacer(),
      }),
      embedding: dependency('embedder'),
      records: recordsWithin(writeMarginMs(visibilityTimeoutSeconds * 1_000)),
      storage: dependency('index'),
    };
    const emuQueue = new Queue(client, queueUrl);
    const pipeline = new Pipeline({
      queue: emuQueue,
      deadLetterQueue,
      refreshQueue,
      routes: new Map([[spec.name, route]]),
      telemetry,
      logger,
      dependency,
      visibilityTimeoutSeconds,
      heartbeatSeconds: visibilityTimeoutSeconds / 3,
      refreshDelaySeconds,
      maxBatch: 256,
      concurrency: 4,
      receivers: 4,
    });
    await pipeline.start();
    const stop = () => pipeline.stop(AbortSignal.timeout(5_000));
    onTestFinished(stop);
    return { pipeline, queue: emuQueue, health, stop, totals: () => telemetry.snapshot() };
  }

  return {
    sqs,
    pinecone,
    embeddings,
    queue,
    records,
    startEmu,
    send: async (...jobs: ChangeJob[]) => {
      expect(await queue.send(jobs.map(messageOf), { signal: never })).toEqual([]);
    },
    /** Resolves when every message has left the queue. */
    drained: async () => {
      await vi.waitFor(async () => {
        expect(await queue.depth()).toMatchObject({ visible: 0, inFlight: 0 });
      }, soon);
    },
    /** The ids that pelican has been asked for, by requests that were hidden for so long at least. */
    refreshes: async (delayedSeconds = 0) => {
      const ids: string[] = [];
      for (;;) {
        const { visible, delayed } = await refreshQueue.depth();
        if (visible + delayed === 0) return ids.sort();
        const messages = await refreshQueue.receive({
          waitSeconds: 2,
          visibilityTimeoutSeconds: 60,
          signal: never,
        });
        for (const { body, sentAt, firstReceivedAt } of messages) {
          expect(firstReceivedAt - sentAt).toBeGreaterThanOrEqual(delayedSeconds * 1_000);
          ids.push(...decodeRefreshRequest(body).ids);
        }
      }
    },
    deadLetters: async () => {
      const letters = [];
      for (;;) {
        const messages = await deadLetterQueue.receive({
          waitSeconds: 0,
          visibilityTimeoutSeconds: 60,
          signal: never,
        });
        if (messages.length === 0) return letters;
        letters.push(...messages.map(({ body }) => decodeDeadLetter(body)));
      }
    },
  };
}

function many<T>(count: number, make: (position: number) => T): T[] {
  return Array.from({ length: count }, (_, position) => make(position));
}

test.concurrent(
  'an upsert arrives with its metadata and provenance, a delete removes it',
  async (context) => {
    const { send, drained, records, startEmu } = await setUp(context);
    const job = upsertOf('1', 1, { metadata: { price: 9.5 } });
    await send(job, upsertOf('2', 2));
    const emu = await startEmu();
    await drained();
    const { metadata, values } = (await records.fetch(['1'])).get('1') ?? {};
    expect(values).toHaveLength(dimensions);
    expect(metadata).toEqual({
      price: 9.5,
      aviary_hash: job.contentHash,
      aviary_version: 1,
      aviary_changed_at: job.changedAt,
      aviary_queued_at: expect.any(Number) as number,
      aviary_embedded_at: expect.any(Number) as number,
    });
    expect(Number(metadata?.aviary_embedded_at)).toBeGreaterThanOrEqual(
      Number(metadata?.aviary_queued_at),
    );
    await send(deleteOf('1', 3));
    await drained();
    expect([...(await records.fetch(['1', '2'])).keys()]).toEqual(['2']);
    expect(emu.totals()).toMatchObject({
      receivedTotal: 3,
      upsertedTotal: 2,
      deletedTotal: 1,
      refreshesRequestedTotal: 0,
    });
  },
);

test.concurrent('a change that leaves the text as it was costs no embedding', async (context) => {
  const { send, drained, records, embeddings, startEmu } = await setUp(context);
  const emu = await startEmu();
  await send(...many(30, (row) => upsertOf(String(row), row)));
  await drained();
  expect(embeddings.stats().inputs).toBe(30);
  const before = await records.fetch(['7']);
  await send(
    ...many(30, (row) => {
      return upsertOf(String(row), 100 + row, { textIsNew: false, metadata: { price: row } });
    }),
  );
  await drained();
  expect(embeddings.stats().inputs).toBe(30);
  expect(emu.totals()).toMatchObject({ embeddedTextsTotal: 30, reusedTotal: 30 });
  const after = (await records.fetch(['7'])).get('7');
  expect(after?.metadata).toMatchObject({ price: 7, aviary_version: 107 });
  const times = (record: typeof after) => provenanceOf(record?.metadata);
  expect(times(after)?.embeddedAt).toBe(times(before.get('7'))?.embeddedAt);
  expect(times(after)?.queuedAt).toBeGreaterThan(times(before.get('7'))?.queuedAt ?? Infinity);
  expect(after?.values).toEqual(before.get('7')?.values);
});

test.concurrent(
  'a changed text is embedded, also where capture could not tell',
  async (context) => {
    const { send, drained, records, embeddings, startEmu } = await setUp(context);
    await startEmu();
    await send(upsertOf('1', 1, { text: 'old' }));
    await drained();
    const job = upsertOf('1', 2, { text: 'new', textIsNew: false });
    await send(job);
    await drained();
    expect(embeddings.stats().inputs).toBe(2);
    const record = (await records.fetch(['1'])).get('1');
    expect(record?.metadata).toMatchObject({ aviary_hash: job.contentHash });
  },
);

test.concurrent('equal texts in one batch are embedded once', async (context) => {
  const { send, drained, records, embeddings, startEmu } = await setUp(context);
  await send(...many(10, (row) => upsertOf(String(row), row, { text: 'the same for all' })));
  await startEmu();
  await drained();
  expect(embeddings.stats().inputs).toBe(1);
  expect(await records.count()).toBe(10);
});

test.concurrent(
  'what can never be brought in is dead-lettered with its reason, all others arrive',
  async (context) => {
    const { send, drained, records, deadLetters, startEmu } = await setUp(context, {
      embedderMs: 30,
    });
    const jobs = many(256, (row) => upsertOf(String(row), row));
    jobs[70] = upsertOf('70', 70, { text: 'too long '.repeat(10_000) });
    jobs[200] = upsertOf('200', 200, { metadata: { price: 'x'.repeat(50_000) } });
    await send(...jobs);
    const emu = await startEmu();
    await drained();
    const letters = await deadLetters();
    expect(letters).toHaveLength(2);
    expect(letters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ stage: 'embed', index: 'products', id: '70', version: 70 }),
        expect.objectContaining({ stage: 'upsert', index: 'products', id: '200', version: 200 }),
      ]),
    );
    for (const letter of letters) {
      expect(letter?.reason).toMatch(letter?.stage === 'embed' ? /8192|8,192/ : /metadata/i);
      expect(letter).toMatchObject({ receiveCount: 1 });
      expect(letter).not.toHaveProperty('rawBody');
    }
    expect(await records.count()).toBe(254);
    expect(emu.totals()).toMatchObject({ upsertedTotal: 254, deadLetteredTotal: 2 });
  },
);

test.concurrent(
  'what is no job of ours is dead-lettered at once, and holds nothing up',
  async (context) => {
    const { queue, send, drained, records, deadLetters, startEmu } = await setUp(context);
    const strangers = [
      'not JSON at all',
      JSON.stringify({ format: 1, op: 'upsert', index: 'products', id: '1' }),
      JSON.stringify({ ...upsertOf('2', 2), format: 99 }),
      encodeJob({ ...upsertOf('3', 3), index: 'orders' }),
    ];
    await queue.send(
      strangers.map((body, position) => ({
        body,
        groupId: `stranger-${position}`,
        deduplicationId: String(position),
      })),
      { signal: never },
    );
    await send(upsertOf('4', 4));
    const emu = await startEmu();
    await drained();
    expect(emu.totals()).toMatchObject({ receivedTotal: 5, deadLetteredTotal: 4 });
    expect(await records.count()).toBe(1);
    const letters = await deadLetters();
    expect(letters.every((letter) => letter?.stage === 'decode')).toBe(true);
    expect(letters.map((letter) => letter?.id)).toEqual([undefined, '1', '2', '3']);
    expect(letters[0]?.rawBody).toBe('not JSON at all');
  },
);

test.concurrent(
  'a dead letter that cannot be sent yet keeps its message in the queue',
  async (context) => {
    const { sqs, queue, drained, deadLetters, startEmu, embeddings, send } = await setUp(context);
    embeddings.setFaults({ latencyMs: 500 });
    await send(upsertOf('1', 1, { text: 'too long '.repeat(10_000) }));
    const emu = await startEmu();
    await vi.waitFor(() => {
      expect(emu.totals()).toMatchObject({ receivedTotal: 1 });
    }, soon);
    sqs.setFaults({ serverError: 1 });
    await vi.waitFor(() => {
      expect(emu.health.report()).toHaveProperty('dead-letter queue.ok', false);
    }, soon);
    sqs.setFaults({});
    expect(await queue.depth()).toMatchObject({ visible: 0, inFlight: 1 });
    await drained();
    expect(await deadLetters()).toHaveLength(1);
  },
);

test.concurrent(
  'a storm of refusals, limits and cut connections loses nothing and blames no job',
  async (context) => {
    const { send, drained, records, deadLetters, startEmu, ...standIns } = await setUp(context);
    standIns.embeddings.setFaults({ serverError: 0.3, rateLimited: 0.1, dropAfter: 0.1 });
    const share = { unavailable: 0.2, throttled: 0.1, droppedBefore: 0.1, droppedAfter: 0.1 };
    standIns.pinecone.setFaults({ ...share, retryAfterSeconds: 0.1 });
    await startEmu({ visibilityTimeoutSeconds: 6 });
    await send(...many(300, (row) => upsertOf(String(row), row)));
    standIns.sqs.setFaults({ serverError: 0.2, throttled: 0.1, dropBefore: 0.1, dropAfter: 0.03 });
    // Not until the last row: how long a storm keeps that one is a matter of luck.
    await vi.waitFor(async () => {
      expect(await records.count().catch(() => 0)).toBeGreaterThan(100);
    }, soon);
    for (const standIn of [standIns.sqs, standIns.embeddings, standIns.pinecone]) {
      standIn.setFaults({});
    }
    await drained();
    expect(await records.count()).toBe(300);
    expect(await deadLetters()).toEqual([]);
  },
);

test.concurrent(
  'an outage of the embedder uses up no receive counts, and health says what is away',
  async (context) => {
    const { send, drained, records, embeddings, startEmu } = await setUp(context);
    const emu = await startEmu({ visibilityTimeoutSeconds: 6 });
    embeddings.setFaults({ serverError: 1 });
    await send(upsertOf('1', 1));
    await vi.waitFor(() => {
      expect(emu.health.report()).toHaveProperty('embedder.ok', false);
    }, soon);
    // Longer than the visibility timeout: extended meanwhile.
    const extensions = 4;
    await vi.waitFor(() => {
      expect(emu.queue.calls.extend).toBeGreaterThanOrEqual(extensions);
    }, soon);
    embeddings.setFaults({});
    await drained();
    expect(await records.count()).toBe(1);
    expect(emu.totals()).toMatchObject({ receivedTotal: 1 });
    expect(emu.health.report()).toHaveProperty('embedder.ok', true);
  },
);

test.concurrent(
  'an embedder slower than the visibility timeout causes no second delivery',
  async (context) => {
    const { send, drained, embeddings, startEmu } = await setUp(context, { embedderMs: 8_000 });
    const emu = await startEmu({ visibilityTimeoutSeconds: 6 });
    const other = await startEmu({ visibilityTimeoutSeconds: 6 });
    await send(...many(5, (row) => upsertOf(String(row), row)));
    await drained();
    const received = [emu, other].map(({ totals }) => totals().receivedTotal as number);
    expect(received[0]).toBe(5 - (received[1] ?? 0));
    expect(embeddings.stats().inputs).toBe(5);
  },
);

test.concurrent('a row whose lease was lost is abandoned before its upsert', async (context) => {
  const { send, drained, records, embeddings, sqs, startEmu } = await setUp(context);
  embeddings.setFaults({ latencyMs: 6_000 });
  const emu = await startEmu({ visibilityTimeoutSeconds: 6 });
  await send(upsertOf('1', 1));
  await vi.waitFor(() => {
    expect(embeddings.stats().requests).toBe(1);
  }, soon);
  // Nothing can be extended.
  sqs.setFaults({ serverError: 1 });
  await vi.waitFor(() => {
    expect(emu.totals()).toMatchObject({ abandonedTotal: 1 });
  }, soon);
  expect(emu.totals()).toMatchObject({ upsertedTotal: 0, embeddedTextsTotal: 1 });
  expect(await records.count()).toBe(0);
  embeddings.setFaults({});
  sqs.setFaults({});
  await drained();
  expect(await records.count()).toBe(1);
  expect(emu.totals()).toMatchObject({ receivedTotal: 2, upsertedTotal: 1 });
});

test.concurrent(
  'vectors of a wrong dimension are waited out, not dead-lettered',
  async (context) => {
    const { send, drained, records, embeddings, deadLetters, startEmu } = await setUp(context);
    embeddings.setFaults({ wrongDimension: 1 });
    const emu = await startEmu();
    await send(upsertOf('1', 1));
    await vi.waitFor(() => {
      expect(emu.health.report().embedder?.reason).toContain('7 dimensions where 8 are configured');
    }, soon);
    embeddings.setFaults({});
    await drained();
    expect(await records.count()).toBe(1);
    expect(await deadLetters()).toEqual([]);
  },
);

test.concurrent(
  'an index of another shape is waited for, with the reason in health',
  async (context) => {
    const { pinecone, records, send, startEmu, queue } = await setUp(context);
    await fetch(`${pinecone.url}/indexes/${spec.target.index}`, {
      method: 'DELETE',
      headers: { 'api-key': 'key' },
    });
    const other = new VectorIndex({
      apiKey: 'key',
      controllerHostUrl: pinecone.url,
      ...spec.target,
    });
    await other.ensure({ dimension: 99, metric: 'cosine' });
    await send(upsertOf('1', 1));
    const emu = await startEmu();
    await vi.waitFor(() => {
      expect(emu.health.report().index?.reason).toContain('dimension 99');
    }, soon);
    expect(await queue.depth()).toMatchObject({ visible: 1, inFlight: 0 });
    expect(await records.count()).toBe(0);
  },
);

test.concurrent(
  'of one row edited 50 times under two slow emus the newest state wins',
  async (context) => {
    const { send, drained, records, pinecone, embeddings, sqs, startEmu } = await setUp(context);
    pinecone.setFaults({ slow: 0.4, slowMs: 60, unavailable: 0.1 });
    embeddings.setFaults({ serverError: 0.2 });
    sqs.setFaults({ duplicate: 0.1 });
    await startEmu();
    await startEmu();
    const versions = many(50, (edit) => upsertOf('1', edit + 1, { text: `edit ${edit % 3}` }));
    const others = many(100, (row) => upsertOf(`other-${row}`, row));
    await send(
      ...versions.flatMap((job, position) => [job, ...others.slice(position, position + 2)]),
    );
    await drained();
    pinecone.setFaults({});
    const record = (await records.fetch(['1'])).get('1');
    expect(record?.metadata).toMatchObject({
      aviary_version: 50,
      aviary_hash: versions.at(-1)?.contentHash,
    });
  },
);

test.concurrent(
  'a backlog costs one delete request for ten rows and no extension',
  async (context) => {
    const { send, drained, startEmu } = await setUp(context);
    await send(...many(500, (row) => upsertOf(String(row), row)));
    const emu = await startEmu();
    await drained();
    expect(emu.queue.calls.acknowledge).toBeLessThanOrEqual(60);
    expect(emu.queue.calls.extend).toBe(0);
  },
);

test.concurrent('a stop hands back what has not begun and finishes what has', async (context) => {
  const { send, drained, queue, records, startEmu } = await setUp(context, { embedderMs: 300 });
  await send(...many(1_500, (row) => upsertOf(String(row), row)));
  const emu = await startEmu();
  await vi.waitFor(() => {
    expect(emu.pipeline.buffered).toBeGreaterThan(0);
  }, soon);
  await emu.stop();
  const { visible, inFlight } = await queue.depth();
  expect(inFlight).toBe(0);
  expect(visible).toBeGreaterThan(0);
  expect(await records.count()).toBe(1_500 - visible);
  await startEmu();
  await drained();
  expect(await records.count()).toBe(1_500);
});

test.concurrent(
  "a stop's deadline cuts off what is under way, and it is delivered again soon",
  async (context) => {
    const { send, drained, queue, records, embeddings, startEmu } = await setUp(context);
    embeddings.setFaults({ latencyMs: 60_000 });
    await send(upsertOf('1', 1));
    const emu = await startEmu();
    await vi.waitFor(() => {
      expect(embeddings.stats().requests).toBe(1);
    }, soon);
    // Without the deadline it would wait for the minute that the answer takes, beyond the test's timeout.
    await emu.pipeline.stop(AbortSignal.timeout(300));
    expect(await records.count()).toBe(0);
    // Nothing of it can still be under way to the index.
    expect(await queue.depth()).toMatchObject({ visible: 1, inFlight: 0 });
    embeddings.setFaults({});
    await startEmu();
    await drained();
    expect(await records.count()).toBe(1);
  },
);

test.concurrent(
  'a message sent too late is not applied, and its row is asked for',
  async (context) => {
    const { send, drained, records, refreshes, deadLetters, startEmu } = await setUp(context);
    const publishBy = Date.now() - 1;
    await send(
      upsertOf('1', 1),
      upsertOf('1', 2, { text: 'late', publishBy }),
      upsertOf('2', 3, { text: 'late', publishBy }),
      upsertOf('3', 4),
    );
    const emu = await startEmu();
    await drained();
    const found = await records.fetch(['1', '2', '3']);
    expect([...found.keys()].sort()).toEqual(['1', '3']);
    expect(found.get('1')?.metadata).toMatchObject({ aviary_version: 1 });
    expect(await refreshes()).toEqual(['1', '2']);
    expect(emu.totals()).toMatchObject({ refreshesRequestedTotal: 2 });
    expect(await deadLetters()).toEqual([]);
  },
);

test.concurrent(
  'a write without an answer is done again, and its row asked for later',
  async (context) => {
    const { send, drained, records, pinecone, refreshes, startEmu } = await setUp(context);
    const emu = await startEmu({ visibilityTimeoutSeconds: 6 });
    await send(upsertOf('kept', 1));
    await drained();
    // Done at once, and answered long after the time that a write may take.
    pinecone.setFaults({ slow: 1, slowMs: 60_000 });
    await send(upsertOf('1', 2), deleteOf('kept', 3));
    await vi.waitFor(() => {
      expect(emu.health.report().index?.reason).toContain('no answer within 1500 ms');
    }, soon);
    pinecone.setFaults({});
    await drained();
    expect(await refreshes(refreshDelaySeconds)).toEqual(['1', 'kept']);
    expect([...(await records.fetch(['1', 'kept'])).keys()]).toEqual(['1']);
    expect(emu.totals()).toMatchObject({ refreshesRequestedTotal: 2, abandonedTotal: 0 });
  },
);

test.concurrent('a write that the index refused for now leaves no doubt', async (context) => {
  const { send, drained, records, pinecone, refreshes, startEmu } = await setUp(context);
  pinecone.setFaults({ unavailable: 0.5, throttled: 0.5, retryAfterSeconds: 0.01 });
  const emu = await startEmu();
  await send(upsertOf('1', 1), deleteOf('2', 2));
  await vi.waitFor(() => {
    expect(emu.health.report()).toHaveProperty('index.ok', false);
  }, soon);
  pinecone.setFaults({});
  await drained();
  expect(await records.count()).toBe(1);
  expect(await refreshes()).toEqual([]);
});

test.concurrent(
  'a row that somebody lost is asked for later, one that was handed back is not',
  async (context) => {
    const { send, drained, queue, records, refreshes, startEmu } = await setUp(context);
    await send(upsertOf('lost', 1), upsertOf('back', 2));
    const taken = await queue.receive({
      waitSeconds: 1,
      visibilityTimeoutSeconds: 7,
      signal: never,
    });
    expect(taken).toHaveLength(2);
    await queue.extend(
      taken.filter(({ body }) => body.includes('back')),
      0,
      never,
    );
    // Of what comes again within half of its visibility timeout, it takes for granted that it was handed back.
    await startEmu({ visibilityTimeoutSeconds: 12 });
    await drained();
    expect(await records.count()).toBe(2);
    expect(await refreshes()).toEqual(['lost']);
  },
);

test.concurrent(
  'a message whose row is to be asked for stays in the queue until that is done',
  async (context) => {
    const { sqs, send, drained, queue, pinecone, refreshes, startEmu } = await setUp(context);
    const emu = await startEmu();
    await send(upsertOf('0', 0));
    await drained();
    pinecone.setFaults({ droppedAfter: 1 });
    await send(upsertOf('1', 1));
    await vi.waitFor(() => {
      expect(emu.health.report()).toHaveProperty('index.ok', false);
    }, soon);
    sqs.setFaults({ serverError: 1 });
    pinecone.setFaults({});
    await vi.waitFor(() => {
      expect(emu.health.report()).toHaveProperty('refresh queue.ok', false);
    }, soon);
    expect(emu.pipeline.inWork).toBe(1);
    sqs.setFaults({});
    expect(await queue.depth()).toMatchObject({ visible: 0, inFlight: 1 });
    await drained();
    expect(await refreshes()).toEqual(['1']);
    expect(emu.health.ready).toBe(true);
  },
);

test.concurrent(
  'a write that a stop cuts off is done again once its lease is over, and its row asked for',
  async (context) => {
    const { send, drained, queue, records, pinecone, refreshes, startEmu } = await setUp(context);
    const emu = await startEmu({ visibilityTimeoutSeconds: 8 });
    await send(upsertOf('0', 0));
    await drained();
    pinecone.setFaults({ slow: 1, slowMs: 60_000 });
    await send(upsertOf('1', 1));
    await vi.waitFor(() => {
      expect(emu.health.report().index?.reason).toContain('no answer within 2000 ms');
    }, soon);
    await emu.pipeline.stop(AbortSignal.timeout(100));
    expect(await queue.depth()).toMatchObject({ visible: 0, inFlight: 1 });
    pinecone.setFaults({});
    await startEmu({ visibilityTimeoutSeconds: 8 });
    await drained();
    expect(await records.count()).toBe(2);
    expect(await refreshes()).toEqual(['1']);
  },
);
