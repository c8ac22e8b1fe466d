import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PermanentError } from '@aviary/runtime';
import { freePort } from '../dev/free-port.ts';
import { reachablePlace, serverAccount, type Account } from './account.ts';
import { postgresBinaries } from './binaries.ts';
import { initialise, superuser } from './initialise.ts';
import { readPostmasterFile, startedBy, stopOrphan } from './postmaster-file.ts';

export interface PostgresOptions {
  /** Created when absent or empty; its parents too. Kept on close. */
  dataDir: string;
  /** On 127.0.0.1. 0, the default, takes a free one. */
  port?: number;
  /** Server parameters, such as `{ max_connections: '300' }`. */
  settings?: Record<string, string>;
  /** False forgets safety against power loss for speed, as tests may. Default true. */
  durable?: boolean;
}

export interface LocalPostgres {
  /** Of the database `postgres`, as superuser. */
  readonly url: string;
  readonly port: number;
  /** Of the postmaster; another after a restart. */
  readonly pid: number;
  /** Where the data really is: under /var/tmp when root asked for a place no other account enters. */
  readonly dataDir: string;
  /** Ends every session and stops the server, within seconds. Again: no effect. */
  close(): Promise<void>;
  /** Stops and starts on the same port and data: for tests of lost connections. */
  restart(): Promise<void>;
  /** The same without a shutdown: what was not in the write-ahead log is lost, the rest recovered from it. */
  crash(): Promise<void>;
}

const volatileSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
/** Against a hang alone: one that cannot start ends by itself. */
const startTimeoutMs = 90_000;
const bindAttempts = 5;

/**
 * Starts a real Postgres 18 as a child process, after stopping one that a killed starter left on the
 * same data. Resolves when it accepts connections.
 *
 * @throws PermanentError naming the port, directory or platform at fault and what to do.
 */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const durable = options.durable ?? true;
  const requested = resolve(options.dataDir);
  const account = await serverAccount(requested);
  const place = await reachablePlace(account, requested);
  const binaries = await postgresBinaries(account);
  await initialise(place, binaries, account, durable);
  const dataDir = await realpath(place);
  await stopOrphan(dataDir);

  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    ...(durable ? {} : volatileSettings),
    ...options.settings,
  };
  const start = (port: number) =>
    startServer(binaries.postgres, dataDir, account, { ...settings, port: `${port}` });
  let { server, port } = await startOnPort(start, options.port ?? 0);

  return {
    url: `postgres://${superuser.user}:${superuser.password}@127.0.0.1:${port}/postgres`,
    port,
    dataDir,
    get pid() {
      return pidOf(server);
    },
    close: () => stopServer(server),
    async restart() {
      await stopServer(server);
      ({ server, port } = await startOnPort(start, port));
    },
    async crash() {
      await stopServer(server, ['SIGQUIT', 'SIGKILL']);
      ({ server, port } = await startOnPort(start, port));
    },
  };
}

async function startOnPort(start: (port: number) => Promise<ChildProcess>, wanted: number) {
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted === 0 ? await freePort() : wanted;
    try {
      return { server: await start(port), port };
    } catch (error) {
      // Between finding a free port and binding it, another process may take it.
      const again = error instanceof PortTakenError && wanted === 0 && attempt < bindAttempts;
      if (!again) throw error;
    }
  }
}

class PortTakenError extends PermanentError {}

async function startServer(
  postgres: string,
  dataDir: string,
  account: Account | undefined,
  settings: Record<string, string>,
): Promise<ChildProcess> {
  const logFile = join(dataDir, 'postgres.log');
  const log = await open(logFile, 'w');
  const parameters = Object.entries(settings).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const server = spawn(postgres, ['-D', dataDir, '-c', startedBy(process.pid), ...parameters], {
    cwd: dataDir,
    // Its own process group: Ctrl-C in a terminal reaches the starter, which stops it in its order.
    detached: true,
    stdio: ['ignore', 'ignore', log.fd],
    ...account,
  });
  try {
    await once(server, 'spawn');
  } finally {
    await log.close();
  }
  const stopAlong = () => server.kill('SIGINT');
  process.once('exit', stopAlong);
  server.once('exit', () => process.off('exit', stopAlong));

  if (await becomesReady(server, dataDir)) return server;
  await stopServer(server);
  const reason = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-8).join('\n');
  if (reason.includes('Address already in use')) {
    throw new PortTakenError(
      `Postgres cannot listen on 127.0.0.1:${settings.port ?? ''}: another process has that port. ` +
        'Stop that process or choose another port (0 takes a free one).',
    );
  }
  throw new PermanentError(`Postgres did not start on ${dataDir}. Its log ends:\n${reason}`);
}

/** False when the server ended or is not ready in time. Observes the file it keeps its state in. */
async function becomesReady(server: ChildProcess, dataDir: string): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  while (!hasEnded(server) && Date.now() < deadline) {
    const file = await readPostmasterFile(dataDir);
    if (file?.pid === server.pid && file?.status === 'ready') return true;
    await delay(5);
  }
  return false;
}

/** Fast shutdown, then immediate shutdown, then the end of the process, each bounded. */
async function stopServer(
  server: ChildProcess,
  signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGKILL'],
): Promise<void> {
  for (const signal of signals) {
    const timeoutMs = signal === 'SIGINT' ? 10_000 : 5_000;
    if (hasEnded(server)) return;
    const ended = once(server, 'exit', { signal: AbortSignal.timeout(timeoutMs) });
    server.kill(signal);
    await ended.catch(() => undefined);
  }
}

const hasEnded = (server: ChildProcess) => server.exitCode !== null || server.signalCode !== null;

function pidOf(server: ChildProcess): number {
  if (server.pid === undefined) throw new PermanentError('Postgres has no process.');
  return server.pid;
}
