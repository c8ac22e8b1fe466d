import { execFile } from 'node:child_process';
import { chown, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PermanentError } from '@aviary/runtime';
import { makePrivate, type Account } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';

/**
 * The superuser of every local Postgres. It listens on 127.0.0.1 only, so this is no secret. Not named aviary: by the
 * default search path a table made without naming its schema would then land in schema aviary.
 */
export const superuser = { user: 'postgres', password: 'postgres' };

/**
 * Creates the database cluster unless it is there. It becomes `dataDir` by a rename when whole, so
 * an initdb that was killed leaves nothing that looks like a cluster.
 */
export async function initialise(
  dataDir: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
  durable: boolean,
): Promise<void> {
  const present: string[] = await readdir(dataDir).catch(() => []);
  if (present.includes('PG_VERSION')) return checkOwner(dataDir, account);
  if (present.length > 0) {
    throw new PermanentError(
      `${dataDir} holds files but no Postgres data: name an empty or absent directory.`,
    );
  }
  const unfinished = `${dataDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await makePrivate(unfinished, account);
  await runInitdb(unfinished, binaries.initdb, account, durable);
  await rename(unfinished, dataDir);
}

async function runInitdb(
  dataDir: string,
  initdb: string,
  account: Account | undefined,
  durable: boolean,
): Promise<void> {
  const passwordFile = `${dataDir}.password`;
  await writeFile(passwordFile, superuser.password, { mode: 0o600 });
  if (account) await chown(passwordFile, account.uid, account.gid);
  const args = [
    `--pgdata=${dataDir}`,
    `--username=${superuser.user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The built-in provider sorts and folds alike on every machine, whatever locales it has.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(durable ? [] : ['--no-sync']),
  ];
  try {
    await promisify(execFile)(initdb, args, { cwd: dataDir, ...account });
  } catch (cause) {
    const { message, stderr } = cause as { message: string; stderr?: string };
    throw new PermanentError(`initdb failed in ${dataDir}: ${stderr?.trim() ?? message}`, {
      cause,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function checkOwner(dataDir: string, account: Account | undefined): Promise<void> {
  const { uid } = await stat(join(dataDir, 'PG_VERSION'));
  const own = account?.uid ?? process.getuid?.();
  if (own === undefined || uid === own) return;
  throw new PermanentError(
    `The Postgres data in ${dataDir} belongs to uid ${uid}, not to ${own}: ` +
      'start as root or as that account, or remove the directory to begin anew.',
  );
}
