import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, runAviary } from '@aviary/testing';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../../..');

test('--help lists the commands, the exit codes and examples', async () => {
  const { code, stdout, stderr } = await runAviary(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const told of ['audit', 'backfill', 'dead-letters', 'install', 'Exit codes', 'npx aviary'])
    expect(stdout).toContain(told);
});

test('npx finds it, and Node for it, in the checkout', async () => {
  const bin = join(root, 'node_modules/.bin');
  const { stdout } = await promisify(execFile)(join(bin, 'aviary'), ['--version'], {
    env: { PATH: `${bin}:${process.env.PATH ?? ''}` },
  });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('without an environment it says what is missing, and exits with 2', async () => {
  const { code, stdout, stderr } = await runAviary(['dead-letters', 'list']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(
    'aviary: The configuration has 1 fault(s):\n  DEAD_LETTER_QUEUE_URL: is not set; set this environment variable\n',
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
