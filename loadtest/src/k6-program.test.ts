import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findK6 } from './k6-program.ts';

/** A directory with programs of these names. */
function directoryOf(...names: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'aviary-k6-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const name of names) {
    writeFileSync(join(directory, name), '');
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
}

test('k6 itself is preferred, then its image', async () => {
  const both = `/nowhere:${directoryOf('docker', 'k6')}`;
  expect(await findK6(both)).toMatchObject({ by: 'binary', command: 'k6' });
  const { by, prefix, scripts } = await findK6(directoryOf('docker'));
  expect({ by, scripts }).toEqual({ by: 'docker', scripts: '/k6' });
  expect(prefix.at(-1)).toMatch(/^grafana\/k6:\d/);
});

test('where there is neither, it says how to get it', async () => {
  await expect(findK6(directoryOf())).rejects.toThrow(/There is no k6 here[^]*K6=job/);
});
