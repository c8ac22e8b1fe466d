import { createInterface } from 'node:readline/promises';
import { productionCharts } from './charts.ts';
import { kubeconfig } from './cluster-access.ts';
import type { Deployment } from './deployment.ts';
import { outputs } from './infra.ts';
import { knowsSemanticIndexes } from './operator.ts';
import { pineconeKey } from './secrets.ts';
import { StepError } from './tools.ts';

/**
 * Takes a stack away, from the top down: what the cluster has made in AWS by itself (load balancer, volumes) goes
 * before the cluster, or it would hold up the network's end.
 *
 * @throws StepError while the stack's data is protected, or without the typed name.
 */
export async function destroy(deployment: Deployment): Promise<void> {
  const { tools, settings, stack, names } = deployment;
  if (settings.protectData) {
    throw new StepError(
      `The data of ${names.stack} is protected: set platform.protectData to false in infra/Pulumi.${stack}.yaml, commit, run "make infra STACK=${stack}", and then this again.`,
    );
  }
  await confirm(deployment);
  const made = await tools.ask('pulumi', deployment.pulumi('stack', 'output', 'platform'));
  if (made !== undefined) {
    await outputs(deployment);
    await kubeconfig(deployment);
    const { namespace } = deployment.outputs().cluster;
    await deleteSemanticIndexes(deployment);
    await tools.run('kubectl', ['delete', 'namespace', namespace, '--ignore-not-found', '--wait']);
    for (const chart of productionCharts().reverse()) {
      await tools.run('helm', [
        ...['uninstall', chart.name, '--namespace', chart.namespace],
        ...['--ignore-not-found', '--wait'],
      ]);
      await tools.run('kubectl', [
        'delete',
        'namespace',
        chart.namespace,
        '--ignore-not-found',
        '--wait',
      ]);
    }
  }
  await tools.run('pulumi', deployment.pulumi('destroy', '--yes'), {
    environment: { PINECONE_API_KEY: await pineconeKey(deployment) },
  });
  deployment.say(
    `${names.stack} is gone. Left are its logs in CloudWatch, its key for 30 days, and the stack's history: "pulumi stack rm ${stack} --cwd infra".`,
  );
}

/** While there is an operator to let them go: the namespace would wait for it in vain, since it takes it away too. */
async function deleteSemanticIndexes(deployment: Deployment): Promise<void> {
  if (!(await knowsSemanticIndexes(deployment))) return;
  // An operator waits ten minutes for servers that are away.
  const all = ['delete', 'semanticindexes', '--all', '--timeout=15m'];
  await deployment.tools.run('kubectl', deployment.inNamespace(...all));
}

/** By hand, or as CONFIRM where there is nobody to type. */
async function confirm({ names, environment, stack }: Deployment): Promise<void> {
  let typed = environment.CONFIRM;
  if (typed === undefined || typed === '') {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    typed = await Promise.race([
      lines.question(
        `This deletes ${names.stack} with its database, queue, index and all their data. Type ${names.stack} to go on: `,
      ),
      closed,
    ]);
    lines.close();
  }
  if (typed === names.stack) return;
  throw new StepError(
    `Nothing was deleted: "${names.stack}" was not typed. Without a terminal: make destroy STACK=${stack} CONFIRM=${names.stack}`,
  );
}
