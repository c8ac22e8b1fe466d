import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Deployment } from './deployment.ts';
import { StepError } from './tools.ts';

/** What a person's browser asks first: the page, and whether the way to the database, the queue and the index is open. */
const questions = ['/', '/api/status'];

/** Asks the page through the cluster, whatever its public name resolves to yet, and says where it is. */
export async function smoke(deployment: Deployment): Promise<void> {
  const { tools } = deployment;
  const child = tools.start('kubectl', [
    ...deployment.inNamespace('port-forward', 'service/frontend', ':80'),
  ]);
  try {
    const port = await forwardedPort(child);
    for (const path of questions) {
      const address = `http://127.0.0.1:${port}${path}`;
      const response = await fetch(address, { signal: AbortSignal.timeout(30_000) });
      if (!response.ok) {
        throw new StepError(
          `The page answers ${path} with ${response.status}: look at "kubectl logs deployment/frontend --namespace ${deployment.outputs().cluster.namespace}".`,
        );
      }
      deployment.say(`${path}: ${response.status}`);
    }
  } finally {
    child.kill();
  }
  const { ingress } = deployment.outputs();
  if (ingress === undefined) {
    deployment.say(
      `The page has no public address: run "make deploy-open STACK=${deployment.stack}" to reach it from here.`,
    );
    return;
  }
  const balancer = await tools.read(
    'kubectl',
    deployment.inNamespace(
      ...['get', 'ingress', 'frontend'],
      ...['--output', 'jsonpath={.status.loadBalancer.ingress[0].hostname}'],
    ),
  );
  deployment.say(`https://${ingress.host}, once its DNS has a CNAME to ${balancer}`);
}

async function forwardedPort(child: ChildProcess): Promise<string> {
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line) ?? [];
      if (port !== undefined) return port;
    }
  }
  throw new StepError('kubectl opened no way to the page: what it said stands above.');
}
