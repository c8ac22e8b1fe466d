import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { Workers } from './workers.ts';

/** What DNS says, by host name. */
const names = new Map<string, { address: string; family: number }[] | Error>();
vi.mock('node:dns/promises', () => ({
  lookup: (host: string) => {
    const found = names.get(host) ?? Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  },
}));

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Answers at one of this machine's own addresses. */
async function startWorker(host: string, port: number, answer: object): Promise<number> {
  const server = createServer((_request, response) => response.end(JSON.stringify(answer)));
  server.listen(port, host);
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const emu = (
  rowsPerSecond: number,
  tokensPerMinute: number | null,
  counts: [number, number][],
) => ({
  service: 'emu',
  rates: { rowsPerSecond, embeddingsPerSecond: rowsPerSecond, tokensPerSecond: 10 },
  lagSeconds: { counts },
  tokensPerMinute: { small: tokensPerMinute },
});

test('a host name stands for all its addresses, and one that is silent is known and away', async () => {
  const port = await startWorker('127.0.0.1', 0, emu(3, null, [[0.1, 99]]));
  await startWorker('127.0.0.2', port, emu(4, 600, [[9, 1]]));
  names.set(
    'emus',
    ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => ({ address, family: 4 })),
  );
  const flock = await new Workers([`http://emus:${port}`]).ask();
  expect(flock).toMatchObject({
    emus: { answering: 2, known: 3 },
    pelicans: { answering: 0, known: 0 },
    rates: { rowsPerSecond: 7, embeddingsPerSecond: 7, tokensPerSecond: 20 },
    relayRates: null,
    lag: { p50: 0.1, p99: 0.1, samples: 100 },
    tokensPerMinute: 600,
  });
  expect(flock.away).toEqual([expect.stringContaining(`127.0.0.3:${port}`)]);
});

test('a worker with two kinds of address is one', async () => {
  const port = await startWorker('127.0.0.1', 0, { service: 'pelican' });
  names.set('both', [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]);
  const flock = await new Workers([`http://both:${port}`]).ask();
  expect(flock).toMatchObject({ pelicans: { answering: 1, known: 1 }, away: [] });
});

test('a name without addresses is no worker, and a DNS that is away is a fault', async () => {
  names.set('broken', new Error('queryA ETIMEOUT'));
  const { emus, away } = await new Workers(['http://nobody:9090', 'http://broken:9090']).ask();
  expect(emus).toEqual({ answering: 0, known: 0 });
  expect(away).toEqual(['http://broken:9090 (queryA ETIMEOUT)']);
});

test('what has answered once is of known kind while it is away', async () => {
  const port = await startWorker('127.0.0.1', 0, { service: 'pelican' });
  const workers = new Workers([`http://127.0.0.1:${port}`]);
  expect((await workers.ask()).pelicans).toEqual({ answering: 1, known: 1 });
  for (const close of closing.splice(0)) close();
  expect((await workers.ask()).pelicans).toEqual({ answering: 0, known: 1 });
});
