import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { loadProducts } from '@aviary/local/products';
import { kubectl, namespace, untilEnded } from '../../e2e/src/cluster/kubectl.ts';
import { ownerUrl } from '../../e2e/src/cluster/owner-url.ts';
import { forwardPort } from '../../e2e/src/cluster/port-forward.ts';
import { readAudit } from './audit.ts';
import type { Target } from './target.ts';

/**
 * Aviary on the cluster of KUBECONFIG: kind, EKS or any other.
 *
 * @param page its address; undefined: by a port-forward
 * @throws Error when kubectl is missing, or the cluster has no Aviary.
 */
export async function kubernetesTarget(page: string | undefined): Promise<Target> {
  await using opened = new AsyncDisposableStack();
  await kubectl(['get', 'deployment/emu', 'deployment/pelican', '--output=name']);
  const hasPostgres = (await kubectl(['get', 'service/postgres', '--ignore-not-found'])) !== '';
  const address = page ?? `http://127.0.0.1:${opened.use(await forwardPort('frontend', 80)).port}`;
  const emus = opened.use(watchEmus());
  const restartsBefore = await countRestarts();
  const stack = opened.move();
  return {
    kind: 'kubernetes',
    namespace,
    page: address,
    notes: hasPostgres
      ? ['Stand-ins in the cluster serve Postgres, SQS, Pinecone and the embeddings.']
      : [],
    load: async ({ onProgress, signal, ...sample }) => {
      if (!hasPostgres)
        throw new Error(
          'This cluster has no Service postgres to load rows through: load them by the Job of docs/load-test.md, and run the profile with ROWS=0.',
        );
      await using postgres = await forwardPort('postgres', 5432);
      const url = await ownerUrl(postgres.port);
      await loadProducts(url, { ...sample, onProgress, signal });
    },
    emus: () => emus.now,
    usage: () => Promise.resolve(null),
    restarts: async () => {
      const now = await countRestarts();
      return [...now].reduce(
        (sum, [pod, count]) => sum + Math.max(0, count - (restartsBefore.get(pod) ?? 0)),
        0,
      );
    },
    audit,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

interface EmuWatch extends AsyncDisposable {
  now: { desired: number; ready: number } | null;
}

/** The Deployment, as the API server tells of its changes. */
function watchEmus(): EmuWatch {
  const fields = ['{.spec.replicas}', '{.status.readyReplicas}'];
  const child = spawn(
    'kubectl',
    [
      ...['--namespace', namespace, 'get', 'deployment/emu', '--watch'],
      `--output=jsonpath=${fields.join(',')}{"\\n"}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  const watch: EmuWatch = {
    now: null,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [desired = 0, ready = 0] = line.split(',').map(Number);
    watch.now = { desired, ready };
  });
  return watch;
}

/** Of containers, by pod. */
async function countRestarts(): Promise<Map<string, number>> {
  const lines = await kubectl([
    ...['get', 'pods', '--selector=app.kubernetes.io/name in (pelican, emu, frontend)'],
    '--output=jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[*].restartCount}{"\\n"}{end}',
  ]);
  return new Map(
    lines
      .trim()
      .split('\n')
      .map((line) => {
        const [pod = '', ...counts] = line.split(' ');
        return [pod, counts.reduce((sum, count) => sum + Number(count), 0)];
      }),
  );
}

/** By a Job made from the audit's CronJob. */
async function audit(signal: AbortSignal) {
  const job = `audit-loadtest-${Date.now()}`;
  await kubectl(['create', 'job', job, '--from=cronjob/audit'], { signal });
  try {
    await untilEnded(job, 3_600, signal);
    return readAudit(await kubectl(['logs', `job/${job}`]));
  } finally {
    await kubectl(['delete', `job/${job}`, '--wait=false']);
  }
}
