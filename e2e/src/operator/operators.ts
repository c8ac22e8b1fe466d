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
import { kubectl, kubectlIn } from '../cluster/kubectl.ts';
import { letGo } from './let-go.ts';
import { operatorServiceAccount } from './service-account.ts';

const root = join(import.meta.dirname, '../../..');
const main = join(root, 'services/operator/src/main.ts');
const definition = join(root, 'services/operator/api/semanticindexes.aviary.dev.yaml');

/** From the last sign of life of one that leads to another's turn. */
export const leaseSeconds = 6;

/** A running operator, as its admin port shows it. */
export interface Operator {
  status: () => Promise<{ leads: boolean; indexes: number; queued: number }>;
  /** Requests to the API server since its start, or those that have these words in their labels, such as `status="429"`. */
  requests: (...labels: string[]) => Promise<number>;
  residentBytes: () => Promise<number>;
  /** Without a word, as when its node dies. */
  kill: () => Promise<void>;
  /** As Kubernetes ends a pod. */
  stop: () => Promise<void>;
}

/** A namespace in which operators run as processes of this machine, with the Role that they have in their pods, and no other. */
export interface OperatorNamespace extends AsyncDisposable {
  kubectl: (args: string[], input?: string) => Promise<string>;
  apply: (...objects: object[]) => Promise<string>;
  /** A field of an object, by its JSONPath; empty when there is none. */
  get: (object: string, path: string) => Promise<string>;
  /** Where the API server is. */
  readonly server: URL;
  /** @param by where the operator is to look for the API server instead */
  start: (identity: string, by?: URL) => Promise<Operator>;
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
  const directory = await mkdtemp(join(tmpdir(), 'aviary-operator-'));
  opened.defer(() => rm(directory, { recursive: true }));
  const account = await operatorServiceAccount(namespace, kubectlIn(namespace), directory);
  const environment = { ...readEnvironment('kind'), namespace, operator: true };
  const platform = choosePlatform(environment, undefined);
  const surroundings = join(directory, 'surroundings.json');
  await writeFile(surroundings, writeSurroundings({ environment, platform }));
  const sqs = opened.adopt(await startSqs(), (running) => running.close());
  const pinecone = opened.adopt(await startPinecone(), (running) => running.close());
  const variables = {
    NAMESPACE: namespace,
    SURROUNDINGS: surroundings,
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
    apply: (...items) =>
      within(
        ['apply', '--server-side', '--filename=-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
      ),
    get: (object, path) =>
      within(['get', object, '--ignore-not-found', `--output=jsonpath={${path}}`]),
    server: account.server,
    start: async (identity, by) => {
      const KUBECONFIG = await account.writeKubeconfig(by);
      const operator = await startOperator({ ...variables, IDENTITY: identity, KUBECONFIG });
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
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const metric = async (prefix: string, labels: string[] = []) =>
    (await ask('/metrics'))
      .split('\n')
      .filter((line) => line.startsWith(prefix) && labels.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  await waitUntil(() => ask('/livez').then(Boolean, () => false), {
    what: 'the operator answers',
    timeoutMs: 60_000,
    everyMs: 100,
  });
  return {
    status: async () =>
      JSON.parse(await ask('/status')) as { leads: boolean; indexes: number; queued: number },
    requests: (...labels) => metric('aviary_operator_api_requests_total', labels),
    residentBytes: () => metric('process_resident_memory_bytes'),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
