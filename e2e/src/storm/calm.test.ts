import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeDeadLetter } from '@aviary/change-job';
import { VectorIndex, type VectorRecord } from '@aviary/vector-index';
import { expect, onTestFinished, test } from 'vitest';
import { find } from './find.ts';
import type { Slot } from './links.ts';
import { quiescence } from './quiescence.ts';
import { Random } from './random.ts';
import { startServices, unwellAfter } from './services.ts';
import type { Supervised } from './supervised.ts';
import { stopBoundMs } from './storm.ts';
import { startSystem } from './system.ts';
import { Timeline } from './timeline.ts';
import { judge } from './verdict.ts';

/** A system that no storm has met: rows and poison, one pelican, one emu. */
test('without a storm index equals table, and each harm done by hand is found', async () => {
  const logs = await mkdtemp(join(tmpdir(), 'aviary-calm-'));
  onTestFinished(() => rm(logs, { recursive: true }));
  const beganAt = Date.now();
  const timeline = new Timeline(join(logs, 'timeline.log'));
  await using system = await startSystem(new Random(1), timeline);
  const services = new Map<Slot, Supervised>();
  await startServices(services, {
    slots: ['pelican-1', 'emu-1'],
    armedShare: 0,
    environmentOf: system.environmentOf,
    logs,
    calmFile: '',
    random: new Random(1),
    onStrike: () => undefined,
    note: (what) => timeline.note(what),
  });
  for (const service of services.values()) onTestFinished(() => service.close(stopBoundMs));
  expect(await unwellAfter([...services.values()], 120_000)).toEqual([]);
  await quiescence(system, 120_000, () => undefined);
  const before = await find(system, beganAt);
  expect(judge(before)).toEqual([]);
  expect(before.records.size).toBeGreaterThan(100);

  const index = new VectorIndex({
    apiKey: 'storm',
    controllerHostUrl: system.pinecone.url,
    index: 'storm',
    namespace: 'articles',
  });
  const [first, second, third, fourth] = [...before.records]
    .filter(([row]) => row.startsWith('articles '))
    .map(([, record]) => record) as [VectorRecord, VectorRecord, VectorRecord, VectorRecord];
  await index.delete([first.id]);
  await index.upsert([
    { ...second, values: Float32Array.from(second.values, (value) => -value) },
    { ...third, metadata: { ...third.metadata, aviary_version: 1 } },
    { ...fourth, metadata: { ...fourth.metadata, price: -1 } },
    { ...fourth, id: '77777' },
  ]);
  const letter = { stage: 'embed', reason: 'none', index: 'articles', id: second.id };
  const times = { firstSeenAt: 0, deadLetteredAt: 0, receiveCount: 1 };
  await system.queues.deadLetters.send(
    [{ body: encodeDeadLetter({ ...letter, ...times }), groupId: 'extra', deduplicationId: '1' }],
    { signal: AbortSignal.timeout(5_000) },
  );

  const { deadLetters } = before;
  const after = await find(system, beganAt);
  const found = judge({ ...after, deadLetters: [...deadLetters, ...after.deadLetters] });
  const expected = [
    [first.id, /missing/],
    [second.id, /vector/],
    [third.id, /version is 1,/],
    [fourth.id, /metadata/],
    ['77777', /orphaned/],
    [second.id, /dead letter of a sound row/],
  ] as const;
  for (const [id, what] of expected) {
    expect(found).toContainEqual({
      row: `articles ${id}`,
      what: expect.stringMatching(what) as string,
    });
  }
  expect(found).toHaveLength(expected.length);
}, 300_000);
