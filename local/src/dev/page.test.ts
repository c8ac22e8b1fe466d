import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isStale } from './page.ts';

test('what is built is stale when absent or older than a source, a nested one or a deletion too', () => {
  const directory = mkdtempSync(join(tmpdir(), 'aviary-page-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [source, nested, file, built] = [
    join(directory, 'web'),
    join(directory, 'web/src'),
    join(directory, 'web/src/page.css'),
    join(directory, 'index.html'),
  ] as const;
  mkdirSync(nested, { recursive: true });
  writeFileSync(file, '');
  const changedAt = (path: string, seconds: number) => utimesSync(path, seconds, seconds);
  for (const path of [source, nested, file]) changedAt(path, 1_000);
  expect(isStale(built, [source])).toBe(true);

  writeFileSync(built, '');
  changedAt(built, 2_000);
  expect(isStale(built, [source])).toBe(false);
  for (const path of [source, nested, file]) {
    changedAt(path, 3_000);
    expect(isStale(built, [source])).toBe(true);
    changedAt(path, 1_000);
  }
});
