import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Client } from './test-client.ts';
import { startPinecone } from './server.ts';

let dataDir: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'pinecone-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(dataDir, { recursive: true });
});

const log = () => join(dataDir, 'birds.log');

async function startChild(): Promise<Client> {
  const main = join(import.meta.dirname, 'main.ts');
  child = spawn(process.execPath, [main], {
    env: { DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [line] = (await once(lines, 'line')) as [string];
  return new Client(line.slice(line.indexOf('http')));
}

async function end(signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child ?? process, 'exit') as Promise<[number | null]>;
  child?.kill(signal);
  return (await exited)[0];
}

/** Opens the files in this process, once nobody else has them open. */
async function reopened<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const server = await startPinecone({ dataDir });
  try {
    return await work(new Client(server.url));
  } finally {
    await server.close();
  }
}

test('every acknowledged write survives SIGKILL in the midst of writing', async () => {
  const client = await startChild();
  await client.createIndex('birds', 4);
  await client.upsert('gone', [{ id: 'x', values: [1, 2, 3, 4] }]);
  await client.delete('/namespaces/gone');
  const acknowledged: string[] = [];
  const write = async (writer: number) => {
    for (let i = 0; ; i++) {
      const ids = Array.from({ length: 50 }, (_, k) => `w${writer}:${i}:${k}`);
      await client.upsert(
        'n',
        ids.map((id) => ({ id, values: [1, i, 0.5, 0], metadata: { i } })),
      );
      acknowledged.push(...ids);
      if (acknowledged.length > 2000 && child?.killed === false) child.kill('SIGKILL');
    }
  };
  await Promise.allSettled([write(1), write(2), write(3)]);

  await reopened(async (again) => {
    expect(await again.count('gone')).toBe(0);
    expect(await again.count('n')).toBeGreaterThanOrEqual(acknowledged.length);
    for (let at = 0; at < acknowledged.length; at += 500) {
      const ids = acknowledged.slice(at, at + 500);
      const found = await again.fetch('n', ids);
      expect(Object.keys(found)).toHaveLength(ids.length);
    }
    const [id = ''] = acknowledged.slice(-1);
    const i = Number(id.split(':')[1]);
    expect((await again.fetch('n', [id]))[id]).toEqual({
      id,
      values: [1, i, 0.5, 0],
      metadata: { i },
    });
  });
});

test('a torn or broken tail is cut off, and writing goes on behind it', async () => {
  await reopened(async (client) => {
    await client.createIndex('birds', 2);
    await client.upsert('n', [{ id: 'a', values: [1, 2] }]);
  });
  const whole = statSync(log()).size;
  await reopened((client) => client.upsert('n', [{ id: 'torn', values: [3, 4] }]));
  const { size } = statSync(log());
  for (const spoil of [
    () => truncateSync(log(), size - 1),
    () => truncateSync(log(), whole + 5),
    () => appendFileSync(log(), Buffer.alloc(40, 7)),
  ]) {
    spoil();
    await reopened(async (client) => {
      expect(Object.keys(await client.fetch('n', ['a', 'torn']))).toEqual(['a']);
    });
    expect(statSync(log()).size).toBe(whole);
  }
  await reopened((client) => client.upsert('n', [{ id: 'b', values: [5, 6] }]));
  await reopened(async (client) => {
    expect(await client.count('n')).toBe(2);
  });
});

test('history is dropped at the next start', async () => {
  const metadata = { text: 'x'.repeat(30_000) };
  await reopened(async (client) => {
    await client.createIndex('birds', 2);
    for (let i = 0; i < 100; i++) await client.upsert('n', [{ id: 'a', values: [1, i], metadata }]);
    await client.upsert('emptied', [{ id: 'a', values: [1, 2] }]);
    await client.post('/vectors/delete', { namespace: 'emptied', deleteAll: true });
  });
  const before = statSync(log()).size;
  for (let start = 0; start < 2; start++) {
    await reopened(async (client) => {
      expect((await client.fetch('n', ['a'])).a).toEqual({ id: 'a', values: [1, 99], metadata });
      expect(await client.count('n')).toBe(1);
    });
  }
  expect(statSync(log()).size).toBeLessThan(before / 50);
});

test('an index made anew under the name of a deleted one is empty', async () => {
  await reopened(async (client) => {
    await client.createIndex('birds', 2);
    await client.upsert('n', [{ id: 'a', values: [1, 2] }]);
    await client.send('DELETE', '/indexes/birds');
    await client.createIndex('birds', 3);
  });
  await reopened(async (client) => {
    expect(await client.count('n')).toBe(0);
  });
});

test('SIGTERM ends it cleanly, also while a request is held', async () => {
  const client = await startChild();
  await client.send('PUT', '/_faults', { latencyMs: 60_000 });
  const held = client.send('GET', '/indexes').catch(() => 'cut');
  expect(await end('SIGTERM')).toBe(0);
  expect(await held).toBe('cut');
});
