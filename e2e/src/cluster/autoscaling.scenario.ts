import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadProducts } from '@aviary/local/products';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectCluster, type Cluster } from './cluster.ts';
import { expectInStep } from './expect-in-step.ts';
import { kubectl, untilCondition, untilRolledOut } from './kubectl.ts';
import { recordTimeline, type Sample } from './timeline.ts';
import { timelineSvg } from './timeline-svg.ts';

/** 256 texts take 8 s: as slow as a rate limit makes a real embedder. One emu does some 100 rows a second. */
const slowly = ['STUB_BASE_MS=300', 'STUB_PER_TEXT_MS=30'];
const rows = 10_000;
const results = join(import.meta.dirname, '../../results');

interface Scaler {
  minReplicaCount: number;
  maxReplicaCount: number;
  triggers: { metadata: { queueLength: string } }[];
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await connectCluster();
});
afterAll(async () => {
  await kubectl(['set', 'env', 'deployment/embeddings', 'STUB_BASE_MS-', 'STUB_PER_TEXT_MS-']);
  await untilRolledOut('embeddings');
  await cluster[Symbol.asyncDispose]();
});

test(`a COPY of ${rows} rows takes the emus to their most by backlog per pod, and they go when it is done`, async () => {
  const scaler = JSON.parse(
    await kubectl(['get', 'scaledobject/emu', '--output=jsonpath={.spec}']),
  ) as Scaler;
  const { minReplicaCount: least, maxReplicaCount: most } = scaler;
  const backlogPerPod = Number(scaler.triggers[0]?.metadata.queueLength);
  await cluster.quiet(300_000);
  await untilCondition('deployment/emu', `jsonpath={.status.replicas}=${least}`, 240);
  await kubectl(['set', 'env', 'deployment/embeddings', ...slowly]);
  await untilRolledOut('embeddings');

  const [{ last } = { last: 0 }] = await cluster.sql<{ last: number }>(
    'select count(*)::integer as last from products_with_increment',
  );
  const timeline = recordTimeline(cluster);
  try {
    await loadProducts(cluster.databaseUrl, { count: rows, from: 100_000 + last, seed: 1 });
    await untilCondition('deployment/emu', `jsonpath={.status.readyReplicas}=${most}`, 240);
    await cluster.quiet(400_000);
    await untilCondition('deployment/emu', `jsonpath={.status.replicas}=${least}`, 240);
  } finally {
    await timeline[Symbol.asyncDispose]();
  }
  await mkdir(results, { recursive: true });
  await writeFile(
    join(results, 'autoscaling.json'),
    `${JSON.stringify({ rows, least, most, backlogPerPod, samples: timeline.samples }, null, 1)}\n`,
  );
  await writeFile(join(results, 'autoscaling.svg'), timelineSvg(timeline.samples));
  expect(Math.max(...timeline.samples.map(({ desired }) => desired))).toBe(most);
  expectByBacklog(timeline.samples, backlogPerPod);
  await expectInStep(cluster);
});

/**
 * The autoscaler asks for more only while the backlog is worth it. It saw one between two of the timeline's looks, which are
 * a second apart: amid a COPY the later one is the greater.
 */
function expectByBacklog(samples: readonly Sample[], backlogPerPod: number): void {
  for (const [index, { desired, backlog }] of samples.entries()) {
    const before = samples[index - 1]?.desired ?? desired;
    if (desired <= before) continue;
    const next = samples.slice(index).find((later) => later.backlog !== backlog);
    const looks = [...samples.slice(0, index + 1), ...(next ? [next] : [])];
    const greatest = Math.max(...looks.map((look) => look.backlog));
    expect(desired).toBeLessThanOrEqual(Math.ceil(greatest / backlogPerPod));
  }
}
