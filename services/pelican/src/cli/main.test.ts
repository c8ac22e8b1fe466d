import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, runAviary } from '@aviary/testing';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../../..');

test('--help lists the commands, the exit codes and examples', async () => {
  const { code, stdout, stderr } = await runAviary(['--help']);
  expect(code).toBe(0);
  expect(stderr).toBe('');
  for (const told of ['dead-letters', 'backfill', 'install', 'Exit codes', 'npx aviary'])
    expect(stdout).toContain(told);
});

test('npx finds it, and Node for it, in the checkout', async () => {
  const bin = join(root, 'node_modules/.bin');
  const { stdout } = await promisify(execFile)(join(bin, 'aviary'), ['--version'], {
    env: { PATH: `${bin}:${process.env.PATH ?? ''}` },
  });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

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
  const { code, stdout, stderr } = await runAviary(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(told);
});

test('all missing variables are told at once, and no others', async () => {
  const { code, stdout, stderr } = await runAviary(['dead-letters', 'redrive', '--all']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const variables = [...stderr.matchAll(/^ {2}(\w+): is not set/gm)].map(([, name]) => name);
  expect(variables.sort()).toEqual(['DEAD_LETTER_QUEUE_URL', 'REFRESH_QUEUE_URL', 'SPECS']);
});

test('a faulty spec is told without a stack', async () => {
  const { code, stderr } = await runAviary(['dead-letters', 'redrive', '--all'], {
    SPECS: 'nowhere.yaml',
    DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:1/1/dead.fifo',
    REFRESH_QUEUE_URL: 'http://127.0.0.1:1/1/refresh',
  });
  expect(code).toBe(2);
  expect(stderr).toBe(
    'aviary: The specs have 1 fault(s):\n  nowhere.yaml: there is no such file or directory\n',
  );
});

test('a server that is away is told with what to do, and exit code 4', async () => {
  const away = `http://127.0.0.1:${await freePort()}`;
  const { code, stdout, stderr } = await runAviary(['dead-letters', 'list', '--json'], {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SQS: away,
    DEAD_LETTER_QUEUE_URL: `${away}/1/dead.fifo`,
  });
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr).toContain(`${away}/1/dead.fifo failed:`);
  expect(stderr).toMatch(/run the same command again\.\n$/);
  expect(stderr).not.toMatch(/^\s+at /m);
});
