import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from './settings.ts';

const frontend = join(paths.root, 'services/frontend');

export function pageIsStale(): boolean {
  return isStale(join(frontend, 'dist/web/index.html'), [
    join(frontend, 'web'),
    join(frontend, 'shared'),
  ]);
}

/** @throws Error when the build fails, which has then said why. */
export async function buildPage(): Promise<void> {
  const build = spawn('npm', ['run', '--silent', 'build', '-w', '@aviary/frontend'], {
    cwd: paths.root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((resolve) => build.once('exit', resolve));
  if (code !== 0) throw new Error('The page could not be built: see the messages above.');
}

/** Whether a built file is absent or older than anything below its sources, directories included: a deletion changes those. */
export function isStale(built: string, sources: readonly string[]): boolean {
  const builtMs = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
  return sources.some((directory) =>
    ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })].some(
      (entry) => statSync(join(directory, entry)).mtimeMs > builtMs,
    ),
  );
}
