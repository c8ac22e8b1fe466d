import { existsSync, rmSync } from 'node:fs';
import { endLeftovers } from './processes.ts';
import { paths } from './settings.ts';

/** `make clean-dev`: forgets tables, index and logs of `make dev`. */
try {
  endLeftovers();
  if (existsSync(paths.data)) rmSync(paths.data, { recursive: true });
  process.stdout.write('The local data is gone; make dev begins anew.\n');
} catch (error) {
  process.stderr.write(`make clean-dev: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
