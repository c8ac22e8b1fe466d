import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { K6Summary } from './result.ts';

const scripts = join(import.meta.dirname, '../k6');
export const k6Image = 'grafana/k6:1.8.1';

/** How k6 is run here. */
export interface K6Program {
  by: Exclude<K6Summary['by'], 'job'>;
  command: string;
  /** Before what k6 itself is told. */
  prefix: string[];
  /** Where the scripts are, as k6 sees it. */
  scripts: string;
}

/**
 * Finds k6 on PATH, else docker, which has its image.
 *
 * @throws Error that says how to get it.
 */
export async function findK6(path: string): Promise<K6Program> {
  if (await isOnPath('k6', path)) return { by: 'binary', command: 'k6', prefix: [], scripts };
  if (await isOnPath('docker', path)) {
    return {
      by: 'docker',
      command: 'docker',
      // In this machine's network, since the page may listen on loopback alone.
      prefix: [
        ...['run', '--rm', '--init', '--network=host', `--volume=${scripts}:/k6:ro`],
        ...['--env=LOAD', '--env=PAGE', k6Image],
      ],
      scripts: '/k6',
    };
  }
  throw new Error(
    [
      'There is no k6 here, which plays the visitors. One of:',
      '  install it: https://grafana.com/docs/k6/latest/set-up/install-k6, or go install go.k6.io/k6@v1.8.1',
      `  start docker, which fetches its image ${k6Image}`,
      '  let the cluster run it: make loadtest TARGET=kubernetes K6=job',
      '  go without visitors: make loadtest K6=none',
    ].join('\n'),
  );
}

async function isOnPath(name: string, path: string): Promise<boolean> {
  const found = path.split(delimiter).map((directory) =>
    access(join(directory, name), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(found)).includes(true);
}
