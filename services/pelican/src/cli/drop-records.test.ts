import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPinecone } from '@aviary/local/pinecone';
import { VectorIndex } from '@aviary/vector-index';
import { expect, test } from 'vitest';
import { run } from './run.ts';

const spec = `
apiVersion: aviary.dev/v1alpha1
kind: SemanticIndex
metadata: { name: tea }
spec:
  source: { table: tea, text: '{{name}}' }
  embedding: { model: any, dimensions: 3 }
  target: { index: aviary, namespace: tea }
`;

test('empties the namespaces of specs, and no others, once that is confirmed; and is harmless again', async () => {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'aviary-drop-'));
  const file = join(directory.path, 'tea.yaml');
  writeFileSync(file, spec);
  const pinecone = await startPinecone();
  const inNamespace = (namespace: string) =>
    new VectorIndex({
      ...{ apiKey: 'test', controllerHostUrl: pinecone.url, index: 'aviary', namespace },
    });
  const drop = async (...options: string[]) => {
    let said = '';
    const write = (text: string) => (said += text);
    const code = await run(['drop-records', ...options], {
      environment: {
        SPECS: file,
        PINECONE_API_KEY: 'test',
        PINECONE_CONTROLLER_URL: pinecone.url,
      },
      ...{ stdout: { write }, stderr: { write }, signal: new AbortController().signal },
    });
    return { code, said };
  };
  try {
    // There is no index yet.
    expect(await drop('--yes')).toMatchObject({ code: 0 });
    await inNamespace('tea').ensure({ dimension: 3, metric: 'cosine' });
    for (const namespace of ['tea', 'coffee'])
      await inNamespace(namespace).upsert([{ id: '1', values: [1, 2, 3], metadata: {} }]);
    expect(await drop()).toMatchObject({
      code: 2,
      said: expect.stringContaining('give --yes') as string,
    });
    expect(await inNamespace('tea').count()).toBe(1);
    expect(await drop('--yes')).toEqual({ code: 0, said: 'empty now: aviary/tea\n' });
    expect(await inNamespace('tea').count()).toBe(0);
    expect(await inNamespace('coffee').count()).toBe(1);
    expect(await drop('--yes')).toMatchObject({ code: 0 });
  } finally {
    await pinecone.close();
  }
});
