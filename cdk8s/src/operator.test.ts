import { serviceAccounts } from '@aviary/platform-outputs';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../services/operator/src/config.ts';
import { policyRules } from '../../services/operator/src/kubernetes/rights.ts';
import { manifestsOf, objectsOf, ofKind, podOwnersIn, propsOf } from '../testing/manifests.ts';
import { isLetThrough, type End } from '../testing/network.ts';
import { readSurroundings } from './surroundings.ts';
import { synthesise } from './synthesise.ts';

const objects = objectsOf('operator');
const owners = podOwnersIn(objects);
const namesOf = (kind: string) => ofKind(objects, kind).map(({ metadata }) => metadata.name);
const operator = owners.find(({ name }) => name === 'operator');

test('the definition of SemanticIndexes comes first', () => {
  expect([...manifestsOf('operator').keys()][0]).toBe('00-crd');
  expect(objects[0]).toMatchObject({
    kind: 'CustomResourceDefinition',
    metadata: { name: 'semanticindexes.aviary.dev' },
  });
});

test('there are no workers, and no specs that an apply would put back', () => {
  const names = owners.map(({ name }) => name);
  expect(names).toEqual(expect.not.arrayContaining(['pelican', 'emu', 'install', 'audit']));
  expect(namesOf('ConfigMap')).toEqual(['operator-surroundings']);
  expect(namesOf('ScaledObject')).toEqual([]);
});

test('the page starts before there is any SemanticIndex', () => {
  const page = owners.find(({ name }) => name === 'frontend')?.pod;
  expect(page?.volumes[0]?.configMap).toEqual({ name: 'semantic-indexes', optional: true });
});

test('Prometheus knows each set of workers by its name, which the alerts ask for', () => {
  for (const workload of ['pelican', 'emu']) {
    const monitor = ofKind(objects, 'PodMonitor').find(
      ({ metadata }) => metadata.name === workload,
    );
    expect(monitor?.spec?.podMetricsEndpoints).toMatchObject([
      {
        relabelings: [
          {
            sourceLabels: ['__meta_kubernetes_pod_label_app_kubernetes_io_instance'],
            targetLabel: 'set',
          },
        ],
      },
    ]);
  }
});

describe('the operator', () => {
  test('is two pods, of which one may always go', () => {
    expect(
      ofKind(objects, 'Deployment').find(({ metadata }) => metadata.name === 'operator'),
    ).toMatchObject({ spec: { replicas: 2 } });
    expect(namesOf('PodDisruptionBudget')).toContain('operator');
    expect(namesOf('PodMonitor')).toContain('operator');
  });

  test('may do what its calls do, in its own namespace', () => {
    expect(ofKind(objects, 'Role')).toMatchObject([{ rules: policyRules() }]);
    expect(namesOf('ClusterRole')).toEqual([]);
    expect(ofKind(objects, 'RoleBinding')).toMatchObject([
      {
        roleRef: { kind: 'Role', name: 'operator' },
        subjects: [{ kind: 'ServiceAccount', name: 'operator', namespace: 'aviary' }],
      },
    ]);
  });

  test('understands its variables, and what it is told of its surroundings', () => {
    const variables = operator?.pod.containers[0]?.env ?? [];
    const given = variables.map(({ name, value }) => [name, value ?? 'of a Secret'] as const);
    const kubernetes = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    const config = readConfig({ ...Object.fromEntries(given), ...kubernetes });
    expect(config).toMatchObject({ NAMESPACE: 'aviary' });
    const foreign = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    const known = [...Object.keys(config), ...foreign];
    expect(given.filter(([name]) => !known.includes(name))).toEqual([]);
    const [configMap] = ofKind(objects, 'ConfigMap');
    const { 'surroundings.yaml': text = '' } = configMap?.data as Record<string, string>;
    expect(config.SURROUNDINGS).toMatch(/\/surroundings\.yaml$/);
    expect(readSurroundings(text)).toMatchObject({ environment: { namespace: 'aviary' } });
  });

  test('a spec with a Secret of its own wants one', () => {
    const props = propsOf('kind');
    const indexes = props.environment.indexes.map((index) => ({
      ...index,
      target: { ...index.target, secretRef: { name: 'team' } },
    }));
    const environment = { ...props.environment, indexes };
    expect(() => synthesise({ ...props, environment })).toThrow(
      /"products" has target.secretRef, which an operator alone mounts/,
    );
    const operated = propsOf('operator');
    expect(
      synthesise({ ...operated, environment: { ...operated.environment, indexes } }).size,
    ).toBe(manifestsOf('operator').size);
  });

  test('without an image of it, synth says what to do', () => {
    const { environment, platform } = propsOf('operator');
    const images = { ...platform.images, operator: undefined };
    expect(() => synthesise({ environment, platform: { ...platform, images } })).toThrow(
      /no image of it: name it/,
    );
  });
});

describe('the network', () => {
  const inSet = (name: string): End => ({
    labels: {
      'app.kubernetes.io/name': name,
      'app.kubernetes.io/instance': 'tea',
      'app.kubernetes.io/part-of': 'aviary',
    },
  });
  const pod = (name: string): End => ({
    labels: owners.find((owner) => owner.name === name)?.labels ?? {},
  });
  const letsThrough = (from: End, to: End, port: number) =>
    isLetThrough(objects, { from, to, port });

  test('pods of every set reach what those of make synth reach', () => {
    expect(letsThrough(inSet('pelican'), pod('postgres'), 5432)).toBe(true);
    expect(letsThrough(inSet('pelican'), pod('sqs'), 4566)).toBe(true);
    expect(letsThrough(inSet('emu'), pod('pinecone'), 5080)).toBe(true);
    expect(letsThrough(inSet('install'), pod('postgres'), 5432)).toBe(true);
    expect(letsThrough(inSet('audit'), pod('pinecone'), 5080)).toBe(true);
    expect(letsThrough(inSet('emu'), pod('postgres'), 5432)).toBe(false);
    expect(letsThrough(pod('frontend'), inSet('emu'), 9090)).toBe(true);
  });

  test('the operator reaches the API server, queues, index and pelicans, and nobody reaches it but Prometheus', () => {
    const from = pod('operator');
    expect(letsThrough(from, { address: '10.96.0.1' }, 443)).toBe(true);
    expect(letsThrough(from, { address: '172.18.0.2' }, 6443)).toBe(true);
    expect(letsThrough(from, pod('sqs'), 4566)).toBe(true);
    expect(letsThrough(from, pod('pinecone'), 5080)).toBe(true);
    expect(letsThrough(from, inSet('pelican'), 9090)).toBe(true);
    expect(letsThrough(from, pod('postgres'), 5432)).toBe(false);
    expect(letsThrough({ namespace: 'monitoring' }, from, 9090)).toBe(true);
    expect(letsThrough(pod('frontend'), from, 9090)).toBe(false);
  });
});

describe('on EKS', () => {
  const prod = objectsOf('prod-operator');
  const podOf = (name: string) => podOwnersIn(prod).find((owner) => owner.name === name)?.pod;
  const outputs = propsOf('prod-operator').platform;

  test('the operator has its role, the image that infra/ has built, and the key of Pinecone alone', () => {
    const pod = podOf('operator');
    const [container] = pod?.containers ?? [];
    expect(pod?.serviceAccountName).toBe(serviceAccounts.operator.name);
    expect(container?.image).toBe(outputs.images.operator);
    const secrets = container?.env.filter(({ valueFrom }) => valueFrom !== undefined);
    expect(secrets?.map(({ name }) => name)).toEqual(['PINECONE_API_KEY']);
    expect(container?.env).toContainEqual({ name: 'AWS_REGION', value: outputs.region });
  });

  test('whoever has a role is there by that name, for the pods that the operator makes', () => {
    const ours = Object.values(serviceAccounts).filter(({ namespace }) => namespace === 'aviary');
    const names = ofKind(prod, 'ServiceAccount').map(({ metadata }) => metadata.name);
    expect(names.toSorted()).toEqual(ours.map(({ name }) => name).toSorted());
  });

  test('it gets its credentials at the agent of its node', () => {
    const from = {
      labels: podOwnersIn(prod).find(({ name }) => name === 'operator')?.labels ?? {},
    };
    expect(isLetThrough(prod, { from, to: { address: '169.254.170.23' }, port: 80 })).toBe(true);
  });
});
