import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * The browser to test in: the one that CHROMIUM names, one that is installed, or Debian's, installed now where
 * this account may.
 *
 * @returns undefined on a machine without any; on CI that is an error, since nothing may be skipped there.
 */
export function findChromium(): string | undefined {
  const candidates = [process.env.CHROMIUM, ...places].filter((path) => path !== undefined);
  const found = candidates.find(isProgram);
  if (found !== undefined) return found;
  if (installChromium()) return candidates.find(isProgram);
  const message =
    'No Chromium here: install one (apt-get install chromium), or name it in CHROMIUM. Tests in a browser are left out.';
  if (process.env.CI) throw new Error(message);
  process.stderr.write(`${message}\n`);
  return undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installChromium(): boolean {
  if (process.getuid?.() !== 0 || !isProgram('/usr/bin/apt-get')) return false;
  const apt = (...args: string[]) =>
    spawnSync('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    }).status === 0;
  const install = () => apt('install', '-y', '--no-install-recommends', 'chromium');
  return install() || (apt('update') && install());
}
