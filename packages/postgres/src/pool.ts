import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { PermanentError } from '@aviary/runtime';
import pg from 'pg';
import { iamLogin } from './iam-token.ts';

export type { Pool, PoolClient } from 'pg';

export interface PoolOptions {
  /** postgres://user:password@host:port/database; `?sslmode=verify-full` asks for verified TLS. */
  connectionString: string;
  /** PEM file of the authorities to trust in place of the system's, such as RDS's bundle: asks for verified TLS. */
  caFile?: string | undefined;
  /** AWS region in whose RDS the user logs in by IAM token, in place of a password; wants `caFile`. */
  iamRegion?: string | undefined;
  /** Most connections at once. */
  max: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Longest statement, in milliseconds. */
  statementTimeoutMs?: number;
  /** Server parameters of its sessions. */
  settings?: Readonly<Record<string, string>>;
  /** Longest wait for a connection, new or in use by others, in milliseconds. */
  connectTimeoutMs?: number;
  /** Longest pause inside a transaction, in milliseconds: what a frozen client may hold up. */
  idleInTransactionTimeoutMs?: number;
}

const printing = {
  datestyle: 'ISO',
  timezone: 'UTC',
  extra_float_digits: '1',
  search_path: 'pg_catalog',
};

/**
 * A pool whose sessions are bounded in time and print values one way, whatever the server's defaults:
 * ISO dates, UTC, shortest exact floats. Idle connections that break are replaced silently.
 *
 * @throws PermanentError when the address or the file of authorities cannot be read, or they contradict each other.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000;
  const attempts = new Set<pg.ClientBase>();
  const pool = new pg.Pool({
    ...addressOf(options),
    Client: clientNotedIn(attempts),
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    // The client's own, for a server that is no longer there to keep its time.
    query_timeout: statementTimeoutMs + 5_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 60_000,
    options: Object.entries({ ...printing, ...options.settings })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  // Without a listener a broken idle connection would end the process.
  pool.on('error', () => undefined);
  const open = new Set<pg.PoolClient>();
  pool.on('connect', (client) => {
    attempts.delete(client);
    open.add(client);
  });
  pool.on('remove', (client) => open.delete(client));
  connections.set(pool, { attempts, open });
  return pool;
}

interface Connections {
  /** That are being made: the pool tells of none of these. */
  attempts: Set<pg.ClientBase>;
  open: Set<pg.PoolClient>;
}
const connections = new WeakMap<pg.Pool, Connections>();

const clientNotedIn = (attempts: Set<pg.ClientBase>) =>
  class extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config);
      attempts.add(this);
      this.once('end', () => attempts.delete(this));
    }
  };

/**
 * Ends a pool and its connections at once: statements that wait for an answer or a connection fail, and so do further ones. For a
 * stop's deadline, when a server may no longer be there.
 */
export function cutConnections(pool: pg.Pool): void {
  if (!pool.ending) void pool.end();
  const { attempts, open } = connections.get(pool) ?? { attempts: [], open: [] };
  for (const client of open) {
    // A pool's clients are Clients: `end` breaks off what one of them waits for.
    void (client as unknown as pg.Client).end().catch(() => undefined);
  }
  for (const client of attempts) {
    // Of an attempt it would break off nothing: this is the pool's own way to time one out.
    (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
  }
}

function addressOf({ connectionString, caFile, iamRegion }: PoolOptions): pg.PoolConfig {
  try {
    // The driver reads it at the first connection only.
    new pg.Client({ connectionString });
    if (caFile === undefined) {
      if (iamRegion === undefined) return { connectionString };
      throw new PermanentError(
        "An IAM token is sent to nobody but the database: set DATABASE_CA_FILE to a PEM file of its authorities, such as RDS's bundle.",
      );
    }
    const address = withoutTlsMode(connectionString);
    return {
      ...(iamRegion === undefined ? { connectionString: address } : iamLogin(address, iamRegion)),
      ssl: { ca: readAuthorities(caFile), rejectUnauthorized: true },
    };
  } catch (cause) {
    if (cause instanceof PermanentError) throw cause;
    throw new PermanentError(
      `The database's address cannot be read (${(cause as Error).message}): write postgres://user:password@host:port/database, and what is special in an address percent-encoded, such as %40 for @ and %2F for /.`,
      { cause },
    );
  }
}

/** An address's own sslmode would make the driver forget the authorities. */
function withoutTlsMode(connectionString: string): string {
  const address = new URL(connectionString);
  const mode = address.searchParams.get('sslmode') ?? 'verify-full';
  if (!['require', 'verify-ca', 'verify-full'].includes(mode)) {
    throw new PermanentError(
      `The database's address says sslmode=${mode}, and a file of authorities asks for verified TLS: leave out one of them.`,
    );
  }
  address.searchParams.delete('sslmode');
  return address.href;
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PermanentError(
      `The database's certificate authorities in ${file} cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  }
}
