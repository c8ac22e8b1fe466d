import { afterAll, beforeAll, test } from 'vitest';
import { connectCluster, type Cluster } from './cluster.ts';
import { expectInStep } from './expect-in-step.ts';
import { kubectl, untilRolledOut } from './kubectl.ts';
import { startWriter } from './writer.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await connectCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

test('pods that are killed in the middle of their work lose nothing', async () => {
  const writer = await startWriter(cluster.databaseUrl, `killed-${Date.now()}`);
  for (const name of ['emu', 'pelican', 'emu', 'pelican', 'emu']) {
    const selector = `--selector=app.kubernetes.io/name=${name}`;
    await kubectl(['delete', 'pods', selector, '--grace-period=0', '--force']);
    await untilRolledOut(name, 240);
  }
  await writer.untilInserted(100);
  await writer.stop();
  await expectInStep(cluster);
});
