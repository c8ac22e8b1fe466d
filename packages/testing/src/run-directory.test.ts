import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLineOf } from '@aviary/local/process-table';
import { expect, onTestFinished, test } from 'vitest';
import { makeRunDirectory, postgresIn } from './run-directory.ts';

test('what a killed run left is removed with its server, a living run is left alone', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'aviary-runs-'));
  await chmod(parent, 0o755);
  onTestFinished(() => rm(parent, { recursive: true }));
  const program = `
    import { startPostgres } from '@aviary/local/postgres';
    import { makeRunDirectory, postgresIn } from ${JSON.stringify(import.meta.resolve('./run-directory.ts'))};
    const directory = await makeRunDirectory(${JSON.stringify(parent)});
    const { pid } = await startPostgres({ dataDir: postgresIn(directory), durable: false });
    console.log(pid);`;
  const run = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(run.stdout, 'data')) as [Buffer];
  const serverPid = Number(line.toString());

  const own = await makeRunDirectory(parent);
  expect((await readdir(parent)).sort()).toEqual([`${run.pid ?? 0}`, `${process.pid}`].sort());
  expect((await stat(own)).mode & 0o777).toBe(0o755);
  expect(await readdir(postgresIn(join(parent, String(run.pid))))).toContain('PG_VERSION');

  run.kill('SIGKILL');
  await once(run, 'exit');
  expect(await commandLineOf(serverPid)).toContain('postgres');
  await makeRunDirectory(parent);
  expect(await readdir(parent)).toEqual([String(process.pid)]);
  expect(await commandLineOf(serverPid)).toBe('');
});
