import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chartFiles } from './chart.ts';

/** `make chart`: writes Aviary's Helm chart anew. */
const directory = join(import.meta.dirname, '../aviary');

rmSync(directory, { recursive: true, force: true });
for (const [path, content] of Object.entries(chartFiles())) {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
