import { rm } from 'node:fs/promises';
import { removePostgres } from '../postgres/index.ts';
import { endLeftovers } from './processes.ts';
import { paths } from './settings.ts';

/** `make clean-dev`: forgets tables, index and logs of `make dev`. */
try {
  await endLeftovers(paths.processes);
  await removePostgres(paths.postgres);
  await rm(paths.data, { recursive: true, force: true });
  process.stdout.write('The local data is gone; make dev begins anew.\n');
} catch (error) {
  process.stderr.write(`make clean-dev: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
