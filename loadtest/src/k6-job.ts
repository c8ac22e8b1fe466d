import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { kubectl, untilEnded } from '../../e2e/src/cluster/kubectl.ts';
import { k6Image } from './k6-program.ts';

const scripts = join(import.meta.dirname, '../k6');

const nameLabel = 'app.kubernetes.io/name';

/**
 * Runs k6 inside the cluster, beside the page, as a Job that is deleted when it has ended.
 *
 * @returns what it printed
 */
export async function k6Job({
  load,
  seconds,
  signal,
}: {
  load: string;
  seconds: number;
  signal: AbortSignal;
}): Promise<{ printed: string; version: string }> {
  const name = `k6-${Date.now()}`;
  const limitSeconds = seconds + 300;
  await kubectl(['create', '--filename=-'], {
    input: JSON.stringify(await objects(name, load, limitSeconds)),
    signal,
  });
  try {
    await untilEnded(name, limitSeconds, signal);
    signal.throwIfAborted();
    return { printed: await kubectl(['logs', `job/${name}`]), version: k6Image };
  } finally {
    const made = ['job', 'configmap', 'networkpolicy'].map((kind) => `${kind}/${name}`);
    made.push(`networkpolicy/${name}-page`);
    await kubectl(['delete', ...made, '--wait=false']);
  }
}

async function objects(name: string, load: string, limitSeconds: number) {
  const data: Record<string, string> = { load };
  for (const file of await readdir(scripts))
    data[file] = await readFile(join(scripts, file), 'utf8');
  const labels = { [nameLabel]: 'k6', 'app.kubernetes.io/part-of': 'aviary' };
  const container = {
    name: 'k6',
    image: k6Image,
    args: ['run', '--quiet', '--no-usage-report', '--log-format=raw', '/k6/visits.js'],
    env: [
      { name: 'PAGE', value: 'http://frontend' },
      { name: 'LOAD', valueFrom: { configMapKeyRef: { name, key: 'load' } } },
    ],
    volumeMounts: [{ name: 'scripts', mountPath: '/k6', readOnly: true }],
    resources: {
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { memory: '512Mi' },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
  };
  const pod = {
    metadata: { labels },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 12345,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [container],
      volumes: [{ name: 'scripts', configMap: { name } }],
    },
  };
  // Aviary's namespace denies what nobody allows.
  const podsOf = (app: string) => ({ podSelector: { matchLabels: { [nameLabel]: app } } });
  const policies = {
    [name]: {
      ...podsOf('k6'),
      policyTypes: ['Egress'],
      egress: [
        { to: [podsOf('frontend')] },
        { ports: ['UDP', 'TCP'].map((protocol) => ({ port: 53, protocol })) },
      ],
    },
    [`${name}-page`]: {
      ...podsOf('frontend'),
      policyTypes: ['Ingress'],
      ingress: [{ from: [podsOf('k6')] }],
    },
  };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data },
      ...Object.entries(policies).map(([policy, spec]) => ({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: policy, labels },
        spec,
      })),
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name, labels },
        spec: { backoffLimit: 0, activeDeadlineSeconds: limitSeconds, template: pod },
      },
    ],
  };
}
