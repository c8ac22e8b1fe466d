import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * People at the page, for as long as their pod runs: it searches, reads and adds products, on kept and on new
 * connections, and prints each second how often it asked and what went wrong. It runs alone in a pod, so it imports
 * nothing of ours.
 */

const origin = process.env.FRONTEND ?? '';
const visitors = 6;
const paceMs = 120;
const report = { asked: 0, failures: [] as string[] };
let leaving = false;

function ask(agent: Agent, method: string, path: string, body?: unknown): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const json = body === undefined ? undefined : JSON.stringify(body);
  const asking = request(new URL(path, origin), {
    agent,
    method,
    timeout: 10_000,
    headers: {
      accept: 'application/json',
      ...(json && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(json),
      }),
    },
  });
  asking.once('timeout', () => asking.destroy(new Error('no answer in 10 s')));
  asking.once('error', (error) => resolve(error.message));
  asking.once('response', (response) => {
    const { statusCode = 0 } = response;
    response.once('error', (error) => resolve(error.message));
    response.once('end', () => resolve(statusCode < 300 ? '' : `status ${statusCode}`)).resume();
  });
  asking.end(json);
  return promise;
}

async function visit(visitor: number): Promise<void> {
  // Half of them are behind a load balancer that keeps its connections, half come anew each time.
  const agent = new Agent({ keepAlive: visitor % 2 === 0, maxSockets: 1 });
  for (let turn = 0; !leaving; turn += 1) {
    const [method, path, body] =
      turn % 10 === 9
        ? (['POST', '/api/products', productOf(visitor, turn)] as const)
        : turn % 2 === 0
          ? (['GET', `/api/search?q=${encodeURIComponent(`warm socks ${turn}`)}`] as const)
          : (['GET', `/api/products?page=${turn % 50 || 1}`] as const);
    const failure = await ask(agent, method, path, body);
    report.asked += 1;
    if (failure !== '') {
      report.failures.push(`${new Date().toISOString()} ${method} ${path}: ${failure}`);
    }
    await delay(paceMs);
  }
  agent.destroy();
}

const productOf = (visitor: number, turn: number) => ({
  name: `Visited ${visitor} ${turn}`,
  sku: `V-${process.pid}-${Date.now()}-${visitor}-${turn}`,
  description: 'Added while the frontend is renewed.',
  price: 2,
});

process.once('SIGTERM', () => (leaving = true));
const printing = setInterval(() => console.log(JSON.stringify(report)), 1_000);
await Promise.all(Array.from({ length: visitors }, (_, visitor) => visit(visitor)));
clearInterval(printing);
console.log(JSON.stringify({ ...report, left: true }));
