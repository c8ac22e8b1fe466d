import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const golden = join(import.meta.dirname, '../golden/kind');
const directory = mkdtempSync(join(tmpdir(), 'aviary-synth-'));
afterAll(() => rmSync(directory, { recursive: true }));

const synth = (environment: Record<string, string>) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PATH: process.env.PATH, ...environment },
  });

test('writes a file for each chart, names them, and leaves nothing of an earlier run', async () => {
  const out = join(directory, 'out');
  await synth({ ENV: 'kind', OUT: out });
  writeFileSync(join(out, '99-of-an-earlier-release.yaml'), '');
  const { stdout } = await synth({ ENV: 'kind', OUT: out });
  const files = readdirSync(out).sort();
  expect(files).toEqual(readdirSync(golden).sort());
  expect(stdout.trim().split('\n')).toEqual(files.map((file) => join(out, file)));
  for (const file of files) {
    expect(readFileSync(join(out, file), 'utf8')).toBe(readFileSync(join(golden, file), 'utf8'));
  }
});

test('says what is wrong, and writes nothing', async () => {
  const out = join(directory, 'nothing');
  const faulty = (environment: Record<string, string>) =>
    expect(synth({ OUT: out, ...environment })).rejects;
  await faulty({}).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ENV: is not set') as string,
  });
  await faulty({ ENV: 'prod' }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^synth: .*OUTPUTS=/) as string,
  });
  await faulty({ ENV: 'prod', OUTPUTS: '/absent.json' }).toMatchObject({
    stderr: expect.stringContaining('make outputs') as string,
  });
  expect(readdirSync(directory)).not.toContain('nothing');
});
