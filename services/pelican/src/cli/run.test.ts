import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from './run.ts';

async function aviary(args: string[], environment: Record<string, string> = {}) {
  const told = { stdout: '', stderr: '' };
  const code = await run(args, {
    environment,
    stdout: { write: (text) => (told.stdout += text) },
    stderr: { write: (text) => (told.stderr += text) },
    signal: new AbortController().signal,
  });
  return { code, ...told };
}

test.each([
  ['no command', [], /Usage: aviary/],
  ['an unknown command', ['audti'], /^aviary: unknown command 'audti'.*\n$/],
  ['an unknown option', ['--fast'], /^aviary: unknown option '--fast'\n$/],
  [
    'an unknown option of a command',
    ['dead-letters', 'list', '--fast'],
    /^aviary: unknown option '--fast'\n$/,
  ],
])('%s is told in a line, with exit code 2', async (_, args, told) => {
  const { code, stdout, stderr } = await aviary(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(told);
});

test.each(['audit', 'backfill', 'dead-letters', 'install', 'uninstall'])(
  '%s --help has examples',
  async (name) => {
    const { code, stdout, stderr } = await aviary([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Examples:');
  },
);

test('all missing variables are told at once, and no others', async () => {
  const { code, stdout, stderr } = await aviary(['dead-letters', 'redrive', '--all']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const variables = [...stderr.matchAll(/^ {2}(\w+): is not set/gm)].map(([, name]) => name);
  expect(variables.sort()).toEqual(['DEAD_LETTER_QUEUE_URL', 'REFRESH_QUEUE_URL', 'SPECS']);
});

test('what was said last is left in RESULT_FILE', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'aviary-result-'));
  try {
    const file = join(directory, 'result');
    const { stderr } = await aviary(['uninstall', 'things'], { RESULT_FILE: file });
    expect(stderr).toContain('DATABASE_URL: is not set');
    expect(readFileSync(file, 'utf8')).toBe(stderr.trimEnd());
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a faulty spec is told without a stack', async () => {
  const { code, stderr } = await aviary(['dead-letters', 'redrive', '--all'], {
    SPECS: 'nowhere.yaml',
    DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:1/1/dead.fifo',
    REFRESH_QUEUE_URL: 'http://127.0.0.1:1/1/refresh',
  });
  expect(code).toBe(2);
  expect(stderr).toBe(
    'aviary: The specs have 1 fault(s):\n  nowhere.yaml: there is no such file or directory\n',
  );
});
