import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '@aviary/testing';
import { connectCluster, type Cluster } from './cluster.ts';
import { expectInStep } from './expect-in-step.ts';
import { forwardPort, type PortForward } from './port-forward.ts';

let cluster: Cluster;
let frontend: PortForward;
beforeAll(async () => {
  cluster = await connectCluster();
  frontend = await forwardPort('frontend', 80);
});
afterAll(async () => {
  await frontend[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

async function ask(path: string): Promise<Response> {
  const response = () => fetch(`http://127.0.0.1:${frontend.port}${path}`);
  return response().catch(async () => {
    // The autoscaler may have taken the pod away that the port led to.
    await frontend[Symbol.asyncDispose]();
    frontend = await forwardPort('frontend', 80);
    return response();
  });
}

async function found(query: string): Promise<string[]> {
  const response = await ask(`/api/search?q=${encodeURIComponent(query)}`);
  const { results = [] } = (await response.json()) as {
    results?: { metadata: { sku: string } }[];
  };
  return results.map(({ metadata }) => metadata.sku);
}

test('a row becomes searchable, follows its edits, and is gone when it is deleted', async () => {
  const sku = `LIGHT-${Date.now()}`;
  const first = 'Lighthouse keeper lantern. Brass, with a Fresnel lens.';
  const second = 'Origami crane mobile. Folded of washi paper.';
  const [name, description] = first.split('. ', 2);
  await cluster.sql(
    'insert into products_with_increment (name, sku, description, price) values ($1, $2, $3, 9)',
    [name, sku, description],
  );
  const timeoutMs = 120_000;
  const [everyMs, what] = [250, `${sku} among what is found`];
  await waitUntil(async () => (await found(first))[0] === sku, { what, timeoutMs, everyMs });
  const [newName, newDescription] = second.split('. ', 2);
  await cluster.sql(
    'update products_with_increment set name = $2, description = $3 where sku = $1',
    [sku, newName, newDescription],
  );
  await waitUntil(async () => (await found(second))[0] === sku, { what, timeoutMs, everyMs });
  await cluster.sql('delete from products_with_increment where sku = $1', [sku]);
  await waitUntil(async () => !(await found(second)).includes(sku), { what, timeoutMs, everyMs });
  await expectInStep(cluster);
});

test('the page is served', async () => {
  const response = await ask('/');
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('/assets/');
});
