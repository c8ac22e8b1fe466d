import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectCluster, type Cluster } from './cluster.ts';
import { expectInStep } from './expect-in-step.ts';
import { kubectl, untilCondition } from './kubectl.ts';

interface Limits {
  minReplicaCount: number;
  cooldownPeriod: number;
}

async function scaleWithin(limits: Limits): Promise<void> {
  const patch = JSON.stringify({ spec: limits });
  await kubectl(['patch', 'scaledobject/emu', '--type=merge', `--patch=${patch}`]);
}

let cluster: Cluster;
let before: Limits;
beforeAll(async () => {
  cluster = await connectCluster();
  before = JSON.parse(
    await kubectl(['get', 'scaledobject/emu', '--output=jsonpath={.spec}']),
  ) as Limits;
});
afterAll(async () => {
  const { minReplicaCount, cooldownPeriod } = before;
  await scaleWithin({ minReplicaCount, cooldownPeriod });
  await cluster[Symbol.asyncDispose]();
});

test('an idle queue costs no emu, and the first change brings one back', async () => {
  await cluster.quiet(300_000);
  await scaleWithin({ minReplicaCount: 0, cooldownPeriod: 5 });
  await untilCondition('deployment/emu', 'jsonpath={.spec.replicas}=0', 180);
  await untilGone();

  const label = `zero-${Date.now()}`;
  for (const round of [1, 2]) {
    await cluster.sql(
      `insert into products_with_increment (name, sku, description, price)
       select 'Nobody there ' || n, $1 || '-' || n, 'Written while no emu runs, round ' || $2, 3
       from generate_series(1, 150) n
       on conflict do nothing`,
      [`${label}-${round}`, String(round)],
    );
    await cluster.sql(
      `update products_with_increment set description = 'Changed while no emu runs' where sku like $1 and id % 3 = 0`,
      [`${label}-%`],
    );
    await cluster.sql(`delete from products_with_increment where sku like $1 and id % 5 = 0`, [
      `${label}-%`,
    ]);
    await untilCondition('deployment/emu', 'condition=Available', 180);
    await cluster.quiet(300_000);
    await untilCondition('deployment/emu', 'jsonpath={.spec.replicas}=0', 240);
    await untilGone();
  }
  const [{ kept } = { kept: 0 }] = await cluster.sql<{ kept: number }>(
    'select count(*)::integer as kept from products_with_increment where sku like $1',
    [`${label}-%`],
  );
  expect(kept).toBeGreaterThan(200);
  await expectInStep(cluster);
});

/** Pods that stop still work off what they hold. */
async function untilGone(): Promise<void> {
  const selector = 'app.kubernetes.io/name=emu';
  const pods = await kubectl(['get', 'pods', `--selector=${selector}`, '--output=name']);
  for (const pod of pods.trim().split('\n').filter(Boolean)) {
    await untilCondition(pod, 'delete', 60);
  }
}
