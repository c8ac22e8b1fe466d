import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { removePostgres } from '@aviary/local/postgres';
import { commandLineOf } from '@aviary/local/process-table';

/** Where Postgres' data lies in the directory of a run. */
export const postgresIn = (directory: string) => join(directory, 'postgres');

/**
 * Makes this process's directory for the files of a run, and removes those of killed runs, with the servers
 * that are left on them. Other accounts may enter it: Postgres, started by root, runs under another.
 */
export async function makeRunDirectory(
  parent = join(tmpdir(), `aviary-test-${userInfo().username}`),
): Promise<string> {
  await mkdir(parent, { recursive: true });
  await chmod(parent, 0o755);
  for (const run of await readdir(parent)) {
    if ((await commandLineOf(Number(run))) !== '') continue;
    await removeRunDirectory(join(parent, run)).catch((error: unknown) => {
      // Another run that starts now may have removed it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
  }
  const directory = join(parent, String(process.pid));
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  return directory;
}

export async function removeRunDirectory(directory: string): Promise<void> {
  await removePostgres(postgresIn(directory));
  await rm(directory, { recursive: true, force: true });
}
