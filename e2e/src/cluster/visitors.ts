import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kubectl, namespace, untilCondition } from './kubectl.ts';

export interface Visits {
  asked: number;
  /** Each with its time, request and reason. */
  failures: string[];
}

export interface Visitors {
  leave: () => Promise<Visits>;
}

/** Not the namespace of Aviary: there, nothing may be reached that is not named. */
const elsewhere = 'aviary-visitors';

/**
 * People who use the page, as a pod in the cluster: a port-forward would end with the pod it leads to. Resolves when
 * the first of them were answered.
 */
export async function startVisitors(): Promise<Visitors> {
  const image = await kubectl([
    ...['get', 'deployment/embeddings'],
    '--output=jsonpath={.spec.template.spec.containers[0].image}',
  ]);
  const script = await readFile(join(import.meta.dirname, 'visitor.ts'), 'utf8');
  await kubectl(['delete', `namespace/${elsewhere}`, '--ignore-not-found', '--wait'], {
    timeoutMs: 300_000,
  });
  const inElsewhere = `--namespace=${elsewhere}`;
  await kubectl([inElsewhere, 'apply', '--filename=-'], {
    input: JSON.stringify(objects(image, script)),
  });
  await kubectl([inElsewhere, 'wait', 'pod/visitors', '--for=condition=Ready', '--timeout=240s'], {
    timeoutMs: 250_000,
  });
  const logs = spawn('kubectl', [inElsewhere, 'logs', '--follow', 'pod/visitors'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last: Visits = { asked: 0, failures: [] };
  const answered = Promise.withResolvers<undefined>();
  const ended = new Promise<void>((resolve) => logs.once('close', () => resolve()));
  createInterface({ input: logs.stdout }).on('line', (line) => {
    last = JSON.parse(line) as Visits;
    if (last.asked > last.failures.length) answered.resolve(undefined);
  });
  void ended.then(() => answered.reject(new Error(`visitors ended: ${JSON.stringify(last)}`)));
  await answered.promise;
  const before = last;
  return {
    leave: async () => {
      await kubectl([inElsewhere, 'delete', 'pod/visitors', '--wait=false']);
      await ended;
      await untilCondition('deployment/frontend', 'condition=Available', 60);
      await kubectl(['delete', `namespace/${elsewhere}`, '--wait=false']);
      // A Service may refuse for a moment after its first pods got ready.
      const failures = last.failures.filter((failure) => !before.failures.includes(failure));
      return { asked: last.asked - before.asked, failures };
    },
  };
}

function objects(image: string, script: string) {
  const metadata = { name: 'visitors', namespace: elsewhere };
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: elsewhere, labels: restricted } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'visitor.mts': script } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 10_001,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'visitors',
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '/script/visitor.mts'],
              env: [{ name: 'FRONTEND', value: `http://frontend.${namespace}.svc.cluster.local` }],
              volumeMounts: [{ name: 'script', mountPath: '/script' }],
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                readOnlyRootFilesystem: true,
              },
            },
          ],
          volumes: [{ name: 'script', configMap: { name: 'visitors' } }],
        },
      },
    ],
  };
}
