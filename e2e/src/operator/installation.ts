import { basename, join } from 'node:path';
import { createQueueClient, findQueues } from '@aviary/queue';
import { VectorIndex } from '@aviary/vector-index';
import pg from 'pg';
import { readEnvironment } from '../../../cdk8s/src/environment/read-environment.ts';
import { choosePlatform } from '../../../cdk8s/src/platform/choose-platform.ts';
import { synthesise } from '../../../cdk8s/src/synthesise.ts';
import { applyManifests } from '../cluster/apply-manifests.ts';
import { kubectlIn, type Kubectl } from '../cluster/kubectl.ts';
import { ownerUrl } from '../cluster/owner-url.ts';
import { forwardPort } from '../cluster/port-forward.ts';
import { letGo } from './let-go.ts';
import { SearchPage } from './search-page.ts';

/** Aviary with an operator in a namespace of its own, as `make synth` writes it, reached through port-forwards. */
export interface Installation extends AsyncDisposable {
  kubectl: Kubectl;
  sql: <Row extends pg.QueryResultRow>(text: string) => Promise<Row[]>;
  page: SearchPage;
  /** Texts that were embedded since the beginning, queries among them. */
  embedded: () => Promise<number>;
  /** Records in a namespace of the index. */
  records: (namespace: string) => Promise<number>;
  /** Whether the queue of that URL is there, with its dead-letter and its refresh queue. */
  hasQueues: (url: string) => Promise<boolean>;
}

/** Installs it, and waits until it runs. */
export async function install(namespace: string): Promise<Installation> {
  const kubectl = kubectlIn(namespace);
  await using opened = new AsyncDisposableStack();
  opened.defer(() => uninstall(kubectl, namespace));
  await applyManifests(manifestsOf(namespace), namespace);
  for (const name of ['operator', 'frontend', 'pinecone', 'embeddings']) {
    const wait = ['rollout', 'status', `deployment/${name}`, '--timeout=180s'];
    await kubectl(wait, { timeoutMs: 190_000 });
  }
  const forward = async (service: string, port: number) =>
    opened.use(await forwardPort(service, port, namespace)).port;
  const [databasePort, sqsPort, pineconePort, embeddingsPort, pagePort] = await Promise.all([
    forward('postgres', 5432),
    forward('sqs', 4566),
    forward('pinecone', 5080),
    forward('embeddings', 8090),
    forward('frontend', 80),
  ]);
  const pool = opened.adopt(
    new pg.Pool({ connectionString: await ownerUrl(databasePort, kubectl), max: 2 }),
    (open) => open.end(),
  );
  // A stand-in takes any credentials, and the SDK demands some.
  process.env.AWS_ACCESS_KEY_ID ??= 'local';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
  const sqs = createQueueClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${sqsPort}`,
  });
  opened.defer(() => sqs.destroy());
  const stack = opened.move();
  return {
    kubectl,
    sql: async <Row extends pg.QueryResultRow>(text: string) => (await pool.query<Row>(text)).rows,
    page: new SearchPage(`http://127.0.0.1:${pagePort}`, kubectl),
    embedded: async () => {
      const stats = await fetch(`http://127.0.0.1:${embeddingsPort}/stats`);
      return ((await stats.json()) as { inputs: number }).inputs;
    },
    records: (of) =>
      new VectorIndex({
        apiKey: 'local',
        controllerHostUrl: `http://127.0.0.1:${pineconePort}`,
        index: 'aviary',
        namespace: of,
      }).count(),
    hasQueues: async (url) =>
      (await findQueues(sqs, basename(new URL(url).pathname, '.fifo'))) !== undefined,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** SemanticIndexes go first, while there is an operator that lets them go. */
async function uninstall(kubectl: Kubectl, namespace: string): Promise<void> {
  await kubectl(['delete', 'semanticindexes', '--all', '--timeout=60s'], {
    timeoutMs: 70_000,
  }).catch(() => letGo(kubectl));
  await kubectl(['delete', 'namespace', namespace, '--wait=false']);
}

function manifestsOf(namespace: string): ReadonlyMap<string, string> {
  const kind = readEnvironment('kind', [join(import.meta.dirname, 'kind.yaml')]);
  const queueUrlPrefix = `http://sqs.${namespace}.svc.cluster.local:4566/000000000000/`;
  const environment = {
    ...kind,
    namespace,
    ...(kind.standIns && { standIns: { ...kind.standIns, sqs: { queueUrlPrefix } } }),
  };
  return synthesise({ environment, platform: choosePlatform(environment, undefined) });
}
