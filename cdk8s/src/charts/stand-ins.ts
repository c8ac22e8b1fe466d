import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { StandIn } from '../constructs/stand-in.ts';
import { Task } from '../constructs/task.ts';
import type { StandIns } from '../environment/schema.ts';
import { standInPorts } from '../platform/stand-ins.ts';
import { scratch, secretFiles } from '../pods/mount.ts';
import { inNamespace, type ChartProps } from './chart-props.ts';

/** The image's own user: its entry point looks the name up. */
const postgresUser = 999;

/** SQS, Pinecone, OpenAI and Postgres for a cluster of one's own, and what they begin with. */
export class StandInsChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps & { readonly standIns: StandIns }) {
    super(scope, id, inNamespace(props));
    const { environment, platform, standIns } = props;
    const { local } = standIns.images;
    const operator = environment.operator ? ['operator'] : [];
    const listening = (name: 'sqs' | 'pinecone' | 'embeddings') => ({
      name,
      port: standInPorts[name],
      image: local,
      command: ['node', `local/src/${name}/main.ts`],
      variables: { HOST: '0.0.0.0', PORT: String(standInPorts[name]) },
      memory: '1Gi',
    });
    const { command, ...sqs } = listening('sqs');
    new StandIn(this, 'sqs', {
      ...sqs,
      ...(standIns.sqs.image === undefined ? { command } : { image: standIns.sqs.image }),
      clients: ['seed', 'pelican', 'emu', 'frontend', 'audit', ...operator],
      neighbours: [environment.neighbours.keda],
    });
    new StandIn(this, 'pinecone', {
      ...listening('pinecone'),
      clients: ['pelican', 'emu', 'frontend', 'audit', ...operator],
    });
    const embeddings = listening('embeddings');
    new StandIn(this, 'embeddings', {
      ...embeddings,
      variables: { ...embeddings.variables, ...stubOf(standIns) },
      clients: ['emu', 'frontend'],
    });
    new StandIn(this, 'postgres', {
      name: 'postgres',
      port: standInPorts.postgres,
      image: standIns.images.postgres,
      user: postgresUser,
      variables: {
        POSTGRES_PASSWORD: { secret: 'aviary-database', key: 'postgres-password' },
        PGDATA: '/var/lib/postgresql/data/aviary',
      },
      mounts: [
        scratch('data', '/var/lib/postgresql/data', '2Gi'),
        scratch('sockets', '/var/run/postgresql', '1Mi'),
        secretFiles('postgres-init', '/docker-entrypoint-initdb.d'),
      ],
      memory: '1Gi',
      disk: '3Gi',
      clients: ['seed', 'install', 'pelican', 'frontend', 'audit'],
    });
    new Task(this, 'seed', {
      name: 'seed',
      image: local,
      command: ['node', 'local/src/seed/main.ts'],
      variables: {
        ...platform.sqs,
        ...platform.database.variables.owner,
        ROWS: String(standIns.rows),
      },
      resources: { cpu: { request: '100m', limit: '1' }, memory: '512Mi' },
      to: [...platform.reach.queue, ...platform.reach.database],
      retries: 20,
      deadlineSeconds: 900,
    });
  }
}

function stubOf({ embeddings }: StandIns): Record<string, string> {
  if (embeddings === 'model') return {};
  const { baseMs, perTextMs } = embeddings;
  return { STUB_BASE_MS: String(baseMs), STUB_PER_TEXT_MS: String(perTextMs) };
}
