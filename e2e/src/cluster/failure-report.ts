import { kubectl } from './kubectl.ts';

const workloads = [
  ...['pelican', 'emu', 'frontend', 'sqs', 'pinecone', 'embeddings', 'postgres'].map(
    (name) => `deployment/${name}`,
  ),
  'job/seed',
  'job/install',
];

/** What the cluster looks like, for whoever reads of a failure. */
export async function reportCluster(): Promise<string> {
  const look = async (title: string, args: string[], lines = 60) => {
    const found = await kubectl(args, { timeoutMs: 20_000 }).catch((error: unknown) =>
      String(error),
    );
    return `--- ${title}\n${found.trimEnd().split('\n').slice(-lines).join('\n')}\n`;
  };
  const sections = [
    await look('objects', ['get', 'pods,jobs,deployments,scaledobjects,hpa', '-o', 'wide']),
    await look('events', ['get', 'events', '--sort-by=.lastTimestamp'], 40),
  ];
  for (const workload of workloads) {
    sections.push(await look(workload, ['logs', workload, '--all-pods', '--tail=15', '--prefix']));
  }
  return sections.join('\n');
}
