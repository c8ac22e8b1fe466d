import type { Deployment } from './deployment.ts';

/** Lets kubectl and helm in, as the AWS identity of the shell. */
export async function kubeconfig({ tools, names }: Deployment): Promise<void> {
  await tools.read('aws', [
    ...['eks', 'update-kubeconfig', '--name', names.stack, '--alias', names.stack],
  ]);
}
