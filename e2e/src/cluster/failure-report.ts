import { kubectlIn, namespace } from './kubectl.ts';

/** What the cluster looks like, for whoever reads of a failure. */
export async function reportCluster(where = namespace): Promise<string> {
  const kubectl = kubectlIn(where);
  const ask = (args: string[]) =>
    kubectl(args, { timeoutMs: 20_000 }).catch((error: unknown) => String(error));
  const look = async (title: string, args: string[], lines = 60) =>
    `--- ${title}\n${(await ask(args)).trimEnd().split('\n').slice(-lines).join('\n')}\n`;
  const sections = [
    await look('objects', ['get', 'pods,jobs,deployments,scaledobjects,hpa', '-o', 'wide']),
    await look('events', ['get', 'events', '--sort-by=.lastTimestamp'], 40),
    await look('SemanticIndexes', ['describe', 'semanticindexes'], 200),
  ];
  const workloads = await ask(['get', 'deployments,jobs', '--output=name']);
  for (const workload of workloads.trim().split('\n')) {
    sections.push(await look(workload, ['logs', workload, '--all-pods', '--tail=15', '--prefix']));
  }
  return sections.join('\n');
}
