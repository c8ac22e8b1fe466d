import { spawn } from 'node:child_process';

/** Where the manifests put everything. */
export const namespace = 'aviary';

export interface KubectlOptions {
  /** Given to its stdin. */
  input?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * Runs kubectl in Aviary's namespace, on the cluster of KUBECONFIG.
 *
 * @returns what it printed
 * @throws Error with the command and its complaint, also when it takes longer than `timeoutMs` (a minute).
 */
export async function kubectl(args: string[], options: KubectlOptions = {}): Promise<string> {
  const { input, timeoutMs = 60_000, signal } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const child = spawn('kubectl', ['--namespace', namespace, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: signal ? AbortSignal.any([limit, signal]) : limit,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined).end(input ?? '');
  const command = `kubectl ${args.join(' ')}`;
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', (cause) => {
    const remedy = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? ': install kubectl' : '';
    reject(new Error(`${command} did not end in time or did not start${remedy}`, { cause }));
  });
  child.once('close', resolve);
  const code = await promise;
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}: ${stderr.trim()}`);
  return stdout;
}

export type Kubectl = typeof kubectl;

/** Runs kubectl in another namespace. */
export const kubectlIn =
  (elsewhere: string): Kubectl =>
  (args, options) =>
    kubectl(['--namespace', elsewhere, ...args], options);

/** Waits for a condition, in the words of `kubectl wait --for`. */
export async function untilCondition(
  target: string,
  condition: string,
  timeoutSeconds: number,
  signal?: AbortSignal,
): Promise<void> {
  await kubectl(['wait', target, `--for=${condition}`, `--timeout=${timeoutSeconds}s`], {
    timeoutMs: (timeoutSeconds + 10) * 1_000,
    ...(signal && { signal }),
  });
}

/** Waits until a Job is over, whether it is complete or has failed. */
export async function untilEnded(
  job: string,
  timeoutSeconds: number,
  signal?: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any(signal ? [signal, over.signal] : [over.signal]);
  try {
    await Promise.any(
      ['complete', 'failed'].map((end) =>
        untilCondition(`job/${job}`, `condition=${end}`, timeoutSeconds, either),
      ),
    );
  } finally {
    // Whoever still waits for the other end would keep the process.
    over.abort();
  }
}

/** Waits until a Deployment runs what it was told to, all of it ready. */
export async function untilRolledOut(deployment: string, timeoutSeconds = 180): Promise<void> {
  await kubectl(['rollout', 'status', `deployment/${deployment}`, `--timeout=${timeoutSeconds}s`], {
    timeoutMs: (timeoutSeconds + 10) * 1_000,
  });
}
