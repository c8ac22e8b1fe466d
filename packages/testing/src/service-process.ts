import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '@aviary/local/free-port';
import { waitUntil } from './wait-until.ts';

const root = join(import.meta.dirname, '../../..');

/** A service running as a process of its own, as in production. */
export interface ServiceProcess extends AsyncDisposable {
  pid: number;
  /** Of /livez, /readyz, /metrics and /status. */
  adminUrl: string;
  /** What it has printed so far. */
  output: () => string;
  /** Resolves with the exit code, or null when a signal ended it. */
  exited: Promise<number | null>;
  ready: () => Promise<void>;
  status: () => Promise<Record<string, unknown>>;
  /** Sends a signal and waits for the end. */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** Starts a service's main file, given from the checkout's root, with just this environment. */
export async function startService(
  script: string,
  environment: Record<string, string>,
): Promise<ServiceProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, [script], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      ADMIN_HOST: '127.0.0.1',
      ADMIN_PORT: String(port),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer) => (output += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const adminUrl = `http://127.0.0.1:${port}`;
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return exited;
  };
  return {
    pid: child.pid ?? 0,
    adminUrl,
    output: () => output,
    exited,
    ready: () =>
      waitUntil(
        async () => {
          if (child.exitCode !== null) throw new Error(`${script} has ended:\n${output}`);
          return fetch(`${adminUrl}/readyz`).then(
            ({ ok }) => ok,
            () => false,
          );
        },
        // A start takes a second of one core, and tests may share the cores with much else.
        { what: `${script} is ready`, timeoutMs: 60_000 },
      ),
    status: async () => {
      const response = await fetch(`${adminUrl}/status`);
      return (await response.json()) as Record<string, unknown>;
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop('SIGKILL');
    },
  };
}
