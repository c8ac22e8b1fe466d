import { chown, copyFile, lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { makePrivate, type Account } from './account.ts';

/** What a server makes anew at its start: only the directory itself is copied. */
const emptied = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
/** Of the running server, not of its data. */
const left = new Set(['postmaster.pid', 'postmaster.opts', 'postgres.log']);

/**
 * Copies the data of a server that goes on working, by Postgres' low-level backup (the package of binaries lacks
 * pg_basebackup), as the start of a standby. The log written meanwhile is not copied: the standby streams it.
 *
 * @param url of a superuser.
 */
export async function copyRunning(options: {
  url: string;
  from: string;
  to: string;
  account: Account | undefined;
}): Promise<void> {
  const { url, from, to, account } = options;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("select pg_backup_start('replica', fast => true)");
    await makePrivate(to, account);
    await copyBelow(from, to, account);
    const { rows } = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(wait_for_archive => false)',
    );
    for (const [name, text] of [
      ['backup_label', rows[0]?.labelfile ?? ''],
      ['standby.signal', ''],
    ] as const) {
      await writeFile(join(to, name), text, { mode: 0o600 });
      if (account) await chown(join(to, name), account.uid, account.gid);
    }
  } finally {
    await client.end();
  }
}

async function copyBelow(from: string, to: string, account: Account | undefined): Promise<void> {
  for (const name of await readdir(from)) {
    if (left.has(name)) continue;
    const [source, target] = [join(from, name), join(to, name)];
    try {
      if ((await lstat(source)).isDirectory()) {
        await mkdir(target, { mode: 0o700 });
        if (!emptied.has(name)) await copyBelow(source, target, account);
      } else {
        await copyFile(source, target);
      }
    } catch (error) {
      // A table dropped meanwhile: the log says so too.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      continue;
    }
    if (account) await chown(target, account.uid, account.gid);
  }
}
