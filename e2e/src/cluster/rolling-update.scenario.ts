import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectCluster, type Cluster } from './cluster.ts';
import { expectInStep } from './expect-in-step.ts';
import { kubectl, untilRolledOut } from './kubectl.ts';
import { startVisitors } from './visitors.ts';
import { startWriter } from './writer.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await connectCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

test('a rolling update under load loses no change and fails no request', async () => {
  const visitors = await startVisitors();
  const writer = await startWriter(cluster.databaseUrl, `rolling-${Date.now()}`);
  for (const name of ['frontend', 'emu', 'pelican', 'frontend']) {
    await kubectl(['rollout', 'restart', `deployment/${name}`]);
    await untilRolledOut(name, 240);
  }
  await writer.untilInserted(100);
  await writer.stop();
  const { asked, failures } = await visitors.leave();
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(100);
  await expectInStep(cluster);
});
