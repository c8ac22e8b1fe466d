import { readdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { shelteredPlace } from './account.ts';
import { stopOrphan } from './postmaster-file.ts';

/**
 * Removes the data of a `startPostgres` on this `dataDir`, wherever it was really kept, and stops the server
 * that a killed starter left on it. No effect where there is none.
 *
 * @throws PermanentError while the starter lives.
 */
export async function removePostgres(dataDir: string): Promise<void> {
  const requested = resolve(dataDir);
  for (const place of [requested, shelteredPlace(requested)]) {
    const present = await readdir(place).catch(() => undefined);
    if (present) await stopOrphan(place);
    for (const rest of ['', '.new', '.password'])
      await rm(`${place}${rest}`, { recursive: true, force: true });
  }
}
