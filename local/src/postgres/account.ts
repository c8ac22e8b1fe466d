import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PermanentError } from '@aviary/runtime';

/** The operating system's account that Postgres runs under when root starts it. */
export interface Account {
  uid: number;
  gid: number;
}

const nobody: Account = { uid: 65534, gid: 65534 };

/** What `nobody` must reach while the checkout lies in a private place, such as root's home. */
const shelter = '/var/tmp/aviary-postgres';

/**
 * Postgres refuses to run as root, so root hands it to the owner of an existing data directory, else
 * to nobody. Undefined: no change of account is needed.
 */
export async function serverAccount(dataDir: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dataDir).catch(() => undefined);
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobody;
}

/** Whether `account` may enter `directory` and every one above it. */
export async function isReachableBy(account: Account, directory: string): Promise<boolean> {
  for (let at = await realpath(directory); ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at);
    const passes = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & passes) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/**
 * A place for `path` that `account` can reach: the path itself, or, below a private directory, one
 * of its own under /var/tmp, always the same for the same path.
 */
export async function reachablePlace(account: Account | undefined, path: string): Promise<string> {
  const parent = dirname(path);
  await makeTraversable(parent);
  if (account === undefined || (await isReachableBy(account, parent))) return path;
  await shelterDirectory();
  return shelteredPlace(path);
}

/** Where the data of a `path` goes that the server's account cannot reach. */
export function shelteredPlace(path: string): string {
  return join(shelter, createHash('sha256').update(path).digest('hex').slice(0, 12));
}

/** A directory of root's own under /var/tmp that every account can enter and none but root change. */
export async function shelterDirectory(): Promise<string> {
  await makeTraversable(shelter);
  const { uid } = await lstat(shelter);
  if (uid !== 0) {
    throw new PermanentError(
      `${shelter} belongs to uid ${uid}, not to root: remove it, or check out where other accounts can enter.`,
    );
  }
  return shelter;
}

/** Creates what is missing of a directory's path, enterable whatever the umask (077 is common). */
async function makeTraversable(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined || process.getuid?.() !== 0) return;
  for (let at = directory; at.length >= first.length; at = dirname(at)) await chmod(at, 0o755);
}

/** A private directory of the account's own. */
export async function makePrivate(directory: string, account: Account | undefined): Promise<void> {
  await mkdir(directory, { mode: 0o700 });
  if (account) await chown(directory, account.uid, account.gid);
}

/** Lets every account read and run what lies below `directory`. */
export async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}
