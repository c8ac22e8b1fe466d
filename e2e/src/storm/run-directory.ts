import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removePostgres } from '@aviary/local/postgres';
import { commandLineOf } from '@aviary/local/process-table';

const parent = join(tmpdir(), 'aviary-storm');

/** Where the Postgres of a storm keeps its data. */
export const postgresIn = (directory: string): string => join(directory, 'postgres');

/** A storm's own directory, open to the account of Postgres. What killed storms left is removed. */
export async function makeRunDirectory(): Promise<string> {
  await mkdir(parent, { recursive: true });
  await chmod(parent, 0o755);
  for (const run of await readdir(parent)) {
    const starter = Number(run.split('-')[0]);
    if ((await commandLineOf(starter)) === '') await removeRunDirectory(join(parent, run));
  }
  const directory = await mkdtemp(join(parent, `${process.pid}-`));
  await chmod(directory, 0o755);
  return directory;
}

export async function removeRunDirectory(directory: string): Promise<void> {
  await removePostgres(postgresIn(directory));
  await rm(directory, { recursive: true, force: true });
}
