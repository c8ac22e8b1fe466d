import { afterEach, expect, test } from 'vitest';
import { AdminServer } from './admin.ts';
import { Health } from './health.ts';
import { Counter, createMetrics } from './metrics.ts';

const servers: AdminServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

async function serve(health: Health, port = 0) {
  const metrics = createMetrics('bird');
  new Counter({ name: 'eggs_total', help: 'Eggs.', registers: [metrics] }).inc(3);
  const admin = new AdminServer({
    host: '127.0.0.1',
    port,
    health,
    metrics,
    status: () => ({ eggs: 3 }),
  });
  await admin.start();
  servers.push(admin);
  return async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${admin.port}${path}`);
    return { status: response.status, body: await response.text() };
  };
}

test('an unwell part makes a process unready with its reason, and not dead', async () => {
  const health = new Health();
  const get = await serve(health);
  health.failed('queue', 'away');
  expect((await get('/livez')).status).toBe(200);
  const unready = await get('/readyz');
  expect(unready.status).toBe(503);
  expect(JSON.parse(unready.body)).toMatchObject({
    ready: false,
    parts: { queue: { reason: 'away' } },
  });
  health.ok('queue');
  expect((await get('/readyz')).status).toBe(200);
});

test('status and metrics are served, and nothing else', async () => {
  const get = await serve(new Health());
  expect(JSON.parse((await get('/status')).body)).toEqual({ ready: true, parts: {}, eggs: 3 });
  expect((await get('/metrics')).body).toContain('eggs_total{service="bird"} 3');
  expect((await get('/secrets')).status).toBe(404);
});

test('a taken port is told with what to do', async () => {
  await serve(new Health());
  const taken = servers[0]?.port ?? 0;
  await expect(serve(new Health(), taken)).rejects.toThrow(
    `Admin port ${taken} is taken: set ADMIN_PORT to a free one.`,
  );
});
