import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { startPinecone, type PineconeServer } from '@aviary/local/pinecone';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { register, root } from './register.ts';

/** The provider's code as it is put into Pulumi's state. */
let provider: string;
let pinecone: PineconeServer;
beforeAll(() => {
  const [index] = register('dev').resources.filter(({ type }) => type.endsWith(':ServerlessIndex'));
  provider = String(index?.inputs.__provider);
});
beforeEach(async () => {
  pinecone = await startPinecone({});
  return () => pinecone.close();
});

const wanted = {
  name: 'aviary',
  dimension: 384,
  metric: 'cosine',
  region: 'eu-west-1',
  protectedFromDeletion: true,
};

async function run(
  step: string,
  ...args: unknown[]
): Promise<{ answer?: unknown; error?: string }> {
  const child = spawn(process.execPath, ['test/provider-process.ts'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PINECONE_API_KEY: 'pcsk-of-whoever-runs-pulumi',
      PINECONE_CONTROLLER_HOST: pinecone.url,
    },
  });
  child.stdin.end(JSON.stringify({ provider, step, args }));
  return JSON.parse(await text(child.stdout)) as { answer?: unknown; error?: string };
}

const ask = () => fetch(`${pinecone.url}/indexes/aviary`, { headers: { 'Api-Key': 'any' } });

test('an index is made once, protected, and found again', async () => {
  expect(await run('create', wanted)).toEqual({ answer: { id: 'aviary', outs: wanted } });
  expect(await (await ask()).json()).toMatchObject({
    deletion_protection: 'enabled',
    deployment: { cloud: 'aws', region: 'eu-west-1' },
    schema: { fields: { _values: { dimension: 384, metric: 'cosine' } } },
  });
  expect(await run('create', wanted)).toEqual({ answer: { id: 'aviary', outs: wanted } });
});

test('one of another shape is no reason to overwrite it', async () => {
  await run('create', wanted);
  const { error } = await run('create', { ...wanted, dimension: 1536 });
  expect(error).toMatch(/another dimension or metric.*name another index/);
});

test('it is deleted only once its protection is taken away', async () => {
  await run('create', wanted);
  expect((await run('delete', 'aviary', wanted)).error).toMatch(/protected from deletion/);
  const unprotected = { ...wanted, protectedFromDeletion: false };
  expect(await run('update', 'aviary', wanted, unprotected)).toEqual({
    answer: { outs: unprotected },
  });
  expect(await run('delete', 'aviary', unprotected)).toEqual({ answer: null });
  expect(await run('delete', 'aviary', unprotected)).toEqual({ answer: null });
  expect((await ask()).status).toBe(404);
});

test('another dimension is another index; protection alone is a change in place', async () => {
  expect(await run('diff', 'aviary', wanted, { ...wanted, dimension: 1536 })).toMatchObject({
    answer: { changes: true, replaces: ['dimension'] },
  });
  expect(
    await run('diff', 'aviary', wanted, { ...wanted, protectedFromDeletion: false }),
  ).toMatchObject({ answer: { changes: true, replaces: [] } });
  expect(await run('diff', 'aviary', wanted, wanted)).toMatchObject({ answer: { changes: false } });
});

test('what is kept in the state is code without a key', () => {
  expect(provider).not.toMatch(/pcsk|apiKey/i);
});
