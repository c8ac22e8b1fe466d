import { execFile } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { installedBinaries } from '../../local/src/postgres/binaries.ts';

/** What the figures were measured on, and when. */
export interface Machine {
  cores: number;
  model: string;
  memoryGigabytes: number;
  node: string;
  postgres: string;
}

export async function machine(): Promise<Machine> {
  const processors = cpus();
  const { postgres } = installedBinaries();
  const { stdout } = await promisify(execFile)(postgres, ['--version']);
  return {
    cores: processors.length,
    model: processors[0]?.model ?? 'unknown',
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres: stdout.trim().replace(/^postgres \(PostgreSQL\) /, ''),
  };
}

/** The day, as figures are dated. */
export const today = (): string => new Date().toISOString().slice(0, 10);
