import { startSqs } from '@aviary/local/sqs';
import { Health, createLogger } from '@aviary/runtime';
import { testQueue } from '@aviary/testing';
import { expect, test, type TestContext } from 'vitest';
import { Acknowledger } from './acknowledge.ts';
import { Dependency } from './dependency.ts';
import { Leases } from './leases.ts';

const { signal } = new AbortController();

async function setUp({ onTestFinished }: TestContext, count: number) {
  const sqs = await startSqs();
  onTestFinished(() => sqs.close());
  const { queue } = await testQueue(sqs.url);
  const outgoing = Array.from({ length: count }, (_, position) => String(position));
  await queue.send(
    outgoing.map((name) => ({ body: name, groupId: name, deduplicationId: name })),
    { signal },
  );
  const messages = [];
  while (messages.length < count) {
    messages.push(
      ...(await queue.receive({ waitSeconds: 1, visibilityTimeoutSeconds: 60, signal })),
    );
  }
  const leases = new Leases({ visibilityTimeoutMs: 60_000, heartbeatMs: 20_000 });
  const logger = createLogger({ service: 'emu', level: 'silent' });
  const dependency = new Dependency({
    name: 'queue deletion',
    health: new Health(),
    logger,
    onRetry: () => undefined,
  });
  const acknowledger = new Acknowledger({ queue, dependency, leases, signal });
  return { sqs, queue, messages, leases, acknowledger };
}

test('deletes ten to a request, across calls, and releases the leases', async (context) => {
  const { queue, messages, leases, acknowledger } = await setUp(context, 25);
  const held = leases.hold(messages, performance.now());
  for (const lease of held) acknowledger.settle([lease]);
  await acknowledger.whenAtMost(0);
  expect(queue.calls.acknowledge).toBe(3);
  expect(await queue.depth()).toMatchObject({ visible: 0, inFlight: 0 });
  expect(leases.held()).toEqual([]);
});

test("deletes a row's newer message only once the older one is gone", async (context) => {
  const { queue, messages, leases, acknowledger } = await setUp(context, 2);
  const ofOneRow = messages.map((message) => ({ ...message, groupId: 'one row' }));
  acknowledger.settle(leases.hold(ofOneRow, performance.now()));
  await acknowledger.whenAtMost(0);
  expect(queue.calls.acknowledge).toBe(2);
  expect(await queue.depth()).toMatchObject({ visible: 0, inFlight: 0 });
  expect(leases.held()).toEqual([]);
});

test('repeats a request until SQS is back', async (context) => {
  const { sqs, queue, messages, leases, acknowledger } = await setUp(context, 1);
  sqs.setFaults({ serverError: 0.5 });
  acknowledger.settle(leases.hold(messages, performance.now()));
  await acknowledger.whenAtMost(0);
  sqs.setFaults({});
  expect(await queue.depth()).toMatchObject({ visible: 0, inFlight: 0 });
});
