import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { namespace } from './kubectl.ts';

export interface PortForward extends AsyncDisposable {
  /** On 127.0.0.1. */
  port: number;
}

/** Opens a port of a Service's pod on this machine. It ends with that pod. */
export async function forwardPort(
  service: string,
  servicePort: number,
  where = namespace,
): Promise<PortForward> {
  const child = spawn(
    'kubectl',
    ['--namespace', where, 'port-forward', `service/${service}`, `:${servicePort}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    void ended.then(() => reject(new Error(`port-forward to ${service} ended: ${complaint}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
