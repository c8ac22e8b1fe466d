import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goldenOf, variantNames } from '../testing/manifests.ts';

const remedy = 'look at what changes for a cluster, then: make synth-golden';

describe.each(variantNames)('%s', (environment) => {
  const directory = join(import.meta.dirname, '../golden', environment);
  const manifests = goldenOf(environment);

  test.each([...manifests.keys()])('%s.yaml is as committed', async (name) => {
    const file = join(directory, `${name}.yaml`);
    await expect(manifests.get(name), remedy).toMatchFileSnapshot(file);
  });

  test('there is no other file', () => {
    const strange = readdirSync(directory).filter((file) => !manifests.has(file.slice(0, -5)));
    expect(strange, `remove from ${directory}`).toEqual([]);
  });

  test('is the same each time, to the byte', () => {
    expect([...goldenOf(environment)]).toEqual([...manifests]);
  });
});
