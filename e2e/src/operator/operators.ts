import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPinecone } from '@aviary/local/pinecone';
import { startSqs } from '@aviary/local/sqs';
import { freePort, waitUntil } from '@aviary/testing';
import { readEnvironment } from '../../../cdk8s/src/environment/read-environment.ts';
import { choosePlatform } from '../../../cdk8s/src/platform/choose-platform.ts';
import { writeSurroundings } from '../../../cdk8s/src/surroundings.ts';
import { policyRules } from '../../../services/operator/src/kubernetes/rights.ts';
import { kubectl, kubectlIn } from '../cluster/kubectl.ts';
import { letGo } from './let-go.ts';

const root = join(import.meta.dirname, '../../..');
const main = join(root, 'services/operator/src/main.ts');
const definition = join(root, 'services/operator/api/semanticindexes.aviary.dev.yaml');
const name = 'operator';

/** From the last sign of life of one that leads to another's turn. */
export const leaseSeconds = 6;

/** A running operator, as its admin port shows it. */
export interface Operator {
  status: () => Promise<{ leads: boolean; indexes: number; queued: number }>;
  /** Requests to the API server since its start. */
  requests: () => Promise<number>;
  residentBytes: () => Promise<number>;
  /** Without a word, as when its node dies. */
  kill: () => Promise<void>;
}

/** A namespace in which operators run as processes of this machine, with the Role that they have in their pods, and no other. */
export interface OperatorNamespace extends AsyncDisposable {
  kubectl: (args: string[], input?: string) => Promise<string>;
  start: (identity: string) => Promise<Operator>;
}

export async function operatorNamespace(namespace: string): Promise<OperatorNamespace> {
  await using opened = new AsyncDisposableStack();
  const within = (args: string[], input?: string) =>
    kubectl([`--namespace=${namespace}`, ...args], input === undefined ? {} : { input });
  await kubectl(['apply', '--server-side', `--filename=${definition}`]);
  await kubectl(['wait', 'crd/semanticindexes.aviary.dev', '--for=condition=Established']);
  await kubectl(['create', 'namespace', namespace]);
  opened.defer(async () => {
    await letGo(kubectlIn(namespace));
    await kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });
  await within(['create', '--filename=-'], JSON.stringify(rightsIn(namespace)));

  const directory = await mkdtemp(join(tmpdir(), 'aviary-operator-'));
  opened.defer(() => rm(directory, { recursive: true }));
  await writeFile(
    join(directory, 'token'),
    await within(['create', 'token', name, '--duration=1h']),
  );
  const { server, authority } = await whereItIs();
  await writeFile(join(directory, 'ca.crt'), authority);
  const environment = { ...readEnvironment('kind'), namespace, operator: true };
  const platform = choosePlatform(environment, undefined);
  const surroundings = join(directory, 'surroundings.json');
  await writeFile(surroundings, writeSurroundings({ environment, platform }));
  const sqs = opened.adopt(await startSqs(), (running) => running.close());
  const pinecone = opened.adopt(await startPinecone(), (running) => running.close());
  const variables = {
    NAMESPACE: namespace,
    SURROUNDINGS: surroundings,
    SERVICE_ACCOUNT_DIRECTORY: directory,
    KUBERNETES_SERVICE_HOST: server.hostname,
    KUBERNETES_SERVICE_PORT: server.port || '443',
    AWS_ENDPOINT_URL_SQS: sqs.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    PINECONE_API_KEY: 'local',
    PINECONE_CONTROLLER_URL: pinecone.url,
    LEASE_SECONDS: String(leaseSeconds),
    ADMIN_HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
  };
  const running = opened.use(new AsyncDisposableStack());
  opened.defer(() => running.disposeAsync());
  const stack = opened.move();
  return {
    kubectl: within,
    start: async (identity) => {
      const operator = await startOperator({ ...variables, IDENTITY: identity });
      running.defer(operator.kill);
      return operator;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function startOperator(variables: Record<string, string>): Promise<Operator> {
  const port = await freePort();
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, ...variables, ADMIN_PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const metric = async (prefix: string) =>
    (await ask('/metrics'))
      .split('\n')
      .filter((line) => line.startsWith(prefix))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  await waitUntil(() => ask('/livez').then(Boolean, () => false), {
    what: 'the operator answers',
    timeoutMs: 60_000,
    everyMs: 100,
  });
  return {
    status: async () =>
      JSON.parse(await ask('/status')) as { leads: boolean; indexes: number; queued: number },
    requests: () => metric('aviary_operator_api_requests_total'),
    residentBytes: () => metric('process_resident_memory_bytes'),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The cluster of KUBECONFIG. */
async function whereItIs(): Promise<{ server: URL; authority: Buffer }> {
  const view = ['config', 'view', '--raw', '--minify', '--flatten', '--output=json'];
  const { clusters } = JSON.parse(await kubectl(view)) as {
    clusters: { cluster: { server: string; 'certificate-authority-data'?: string } }[];
  };
  const [{ cluster } = { cluster: { server: '' } }] = clusters;
  const { server, 'certificate-authority-data': authority = '' } = cluster;
  return { server: new URL(server), authority: Buffer.from(authority, 'base64') };
}

function rightsIn(namespace: string): object {
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
      { ...rbac, kind: 'Role', rules: policyRules() },
      {
        ...rbac,
        kind: 'RoleBinding',
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    ],
  };
}
