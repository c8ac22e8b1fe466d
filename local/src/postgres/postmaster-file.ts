import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '@aviary/runtime';
import { commandLineOf, parentOf } from '../process-table.ts';

/** `postmaster.pid`, by which Postgres tells which process serves a data directory, and its state. */
interface PostmasterFile {
  pid: number;
  /** `starting`, `ready`, `stopping`, …; undefined in the first moments of a start. */
  status: string | undefined;
}

export async function readPostmasterFile(dataDir: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, status: lines[7]?.trim() } : undefined;
}

/** Carries the starter's pid in the server's own command line, where an orphan can be told by it. */
export const startedBy = (pid: number) => `cluster_name=aviary-${pid}`;

/**
 * A starter killed with SIGKILL leaves its Postgres running: stops that server, and clears the pid
 * file of one that is gone, since Postgres refuses to start when any live process has its number.
 * Refuses to touch a server whose starter is alive.
 */
export async function stopOrphan(dataDir: string): Promise<void> {
  const file = await readPostmasterFile(dataDir);
  if (file === undefined) return;
  const server = await describeServer(file.pid, dataDir);
  if (server === undefined) {
    await rm(join(dataDir, 'postmaster.pid'), { force: true });
    return;
  }
  if (Number.isNaN(server.starter) || server.starter === server.parent) {
    throw new PermanentError(
      `Process ${server.parent} is using ${dataDir}, with Postgres as process ${file.pid}: stop it first.`,
    );
  }
  // SIGINT ends sessions and writes a checkpoint; SIGQUIT gives up the checkpoint for recovery.
  for (const [signal, timeoutMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
  ] as const) {
    process.kill(file.pid, signal);
    if (await isGone(file.pid, timeoutMs)) return;
  }
  throw new PermanentError(
    `Postgres, process ${file.pid}, still holds ${dataDir} though its starter is gone and it was told to stop: end it by hand.`,
  );
}

async function describeServer(pid: number, dataDir: string) {
  const command = await commandLineOf(pid);
  const real = await realpath(dataDir);
  if (!/\bpostgres\b/.test(command) || !command.includes(real)) return undefined;
  const starter = Number(/cluster_name=aviary-(\d+)/.exec(command)?.[1]);
  return { starter, parent: await parentOf(pid) };
}

async function isGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    // Not by a signal: a dead server whose new parent never reaps it would still take one.
    if ((await commandLineOf(pid)) === '') return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
