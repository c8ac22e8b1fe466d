import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { goldenOf, variantNames } from '../testing/manifests.ts';
import { installKubeScore, kubeScore } from '../testing/kube-score.ts';

const standIns = ['sqs', 'pinecone', 'embeddings', 'postgres'].map((name) => `Deployment/${name}`);
const jobs = ['Job/install', 'CronJob/audit'];
const services = ['pelican', 'emu', 'frontend'].map((name) => `Deployment/${name}`);

/** The operator makes their pods. */
const madeByOperator = {
  'networkpolicy-targets-pod': ['audit', 'emu', 'install', 'pelican'].map(
    (name) => `NetworkPolicy/${name}`,
  ),
  'service-targets-pod': ['Service/emu-admin', 'Service/pelican-admin'],
};

/** What it finds and we mean, by check. */
const accepted = {
  kind: {
    // What is loaded into a node cannot be pulled.
    'container-image-pull-policy': [...services, ...jobs, ...standIns, 'Job/seed'],
    // Topology spread does what it asks for; it looks for anti-affinity alone.
    'deployment-has-host-podantiaffinity': ['Deployment/emu', 'Deployment/frontend'],
    // KEDA decides for emu. The others hold a laptop's data, or are one to save its memory.
    'deployment-replicas': ['Deployment/emu', 'Deployment/pelican', ...standIns],
    // What they hold is in one pod alone.
    'deployment-strategy': standIns,
    // The official image has its own user.
    'container-security-context-user-group-id': ['Deployment/postgres'],
  },
  operator: {
    'container-image-pull-policy': [
      ...['Deployment/frontend', 'Deployment/operator', 'Job/seed'],
      ...standIns,
    ],
    'deployment-has-host-podantiaffinity': ['Deployment/frontend', 'Deployment/operator'],
    'deployment-replicas': standIns,
    'deployment-strategy': standIns,
    'container-security-context-user-group-id': ['Deployment/postgres'],
    ...madeByOperator,
  },
  prod: {
    // A digest is the same image for ever.
    'container-image-pull-policy': [...services, ...jobs],
    'deployment-has-host-podantiaffinity': services,
    'deployment-replicas': ['Deployment/emu'],
  },
  'prod-operator': {
    'container-image-pull-policy': ['Deployment/frontend', 'Deployment/operator'],
    'deployment-has-host-podantiaffinity': ['Deployment/frontend', 'Deployment/operator'],
    ...madeByOperator,
  },
};

let isInstalled = false;
beforeAll(async () => {
  isInstalled = await installKubeScore();
  if (!isInstalled && process.env.CI !== undefined) {
    throw new Error('kube-score is not there and needs Go to be built: CI must have Go.');
  }
}, 600_000);

describe.each(variantNames)('%s', (environment) => {
  test('kube-score finds what we accept, and nothing else', async ({ skip }) => {
    if (!isInstalled) skip('There is no Go to build kube-score with: CI runs this.');
    const golden = join(import.meta.dirname, '../golden', environment);
    const files = [...goldenOf(environment).keys()].map((name) => join(golden, `${name}.yaml`));
    expect(await kubeScore(files)).toEqual(
      Object.entries(accepted[environment])
        .flatMap(([check, objects]) => objects.map((object) => `${check} ${object}`))
        .sort(),
    );
  });
});
