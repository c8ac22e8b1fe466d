import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { writeEnvironmentFile } from './environment-file.ts';

test('is read by Node as it was given, and by nobody else', () => {
  const directory = mkdtempSync(join(tmpdir(), 'aviary-environment-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'environment');
  writeFileSync(file, 'OLD=1', { mode: 0o644 });
  const environment = {
    DATABASE_URL: 'postgres://aviary:a#b%20c@127.0.0.1:5432/aviary?sslmode=disable',
    SPECS: "/home/o'hara/my code/examples",
    EMPTY: '',
  };
  writeEnvironmentFile(file, environment);
  expect(parseEnv(readFileSync(file, 'utf8'))).toEqual(environment);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
