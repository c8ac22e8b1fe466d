import { AsyncLocalStorage } from 'node:async_hooks';
import type { PoolClient } from 'pg';
import { parseWalPosition, type WalPosition } from './wal-position.ts';

/** What one asker has written, as far as its own reads have to show it. */
export interface ReadSession {
  /** Its reads go to servers that have come as far as this. */
  readonly after: WalPosition | undefined;
  /** Called when a transaction of it has committed, before its result is known. */
  wrote: (position: WalPosition) => void;
}

const current = new AsyncLocalStorage<ReadSession>();

/** All that `work` reads and writes, however deep and late, is this session's. */
export function inReadSession<T>(session: ReadSession, work: () => T): T {
  return current.run(session, work);
}

export const readSession = (): ReadSession | undefined => current.getStore();

/** Tells the session, if there is one, how far the primary has come with its commit. */
export async function noteCommit(client: PoolClient): Promise<void> {
  const session = current.getStore();
  if (session === undefined) return;
  // Inserted rather than flushed: with synchronous_commit off, a commit returns before it is flushed.
  const { rows } = await client.query<{ position: string }>(
    'select pg_current_wal_insert_lsn()::text as position',
  );
  const position = parseWalPosition(rows[0]?.position);
  if (position !== undefined) session.wrote(position);
}
