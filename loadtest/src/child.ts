import { spawn } from 'node:child_process';

export interface ChildOptions {
  environment?: Record<string, string | undefined>;
  /** Ends it: SIGTERM, and SIGKILL after ten seconds. */
  signal: AbortSignal;
  /** Told of what it prints to stderr. */
  onStderr?: (text: string) => void;
}

/**
 * Runs a program to its end, in a process group of its own, so that Ctrl-C reaches only who waits for it.
 *
 * @returns its exit code, and what it printed
 * @throws the signal's reason when that aborts, once the program has ended; Error when it cannot be started.
 */
export async function runChild(
  command: string,
  args: readonly string[],
  { environment = process.env, signal, onStderr }: ChildOptions,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  signal.throwIfAborted();
  const child = spawn(command, args, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    onStderr?.(chunk.toString());
  });
  let killing: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), 10_000);
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal.throwIfAborted();
    return { code, stdout, stderr };
  } finally {
    clearTimeout(killing);
    signal.removeEventListener('abort', end);
  }
}
