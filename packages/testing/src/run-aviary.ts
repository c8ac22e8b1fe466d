import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** How a run of the command line ended. */
export interface AviaryEnd {
  /** Null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface AviaryRun {
  kill: (signal: NodeJS.Signals) => void;
  ended: Promise<AviaryEnd>;
}

/** Runs `aviary` as a process of its own, from the checkout's root, with just this environment. */
export function startAviary(args: string[], environment: Record<string, string> = {}): AviaryRun {
  const child = spawn(process.execPath, ['services/pelican/src/cli/main.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return {
    kill: (signal) => void child.kill(signal),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    }),
  };
}

export function runAviary(
  args: string[],
  environment?: Record<string, string>,
): Promise<AviaryEnd> {
  return startAviary(args, environment).ended;
}
