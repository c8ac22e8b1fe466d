import { describe, expect, test } from 'vitest';
import {
  environmentNames,
  objectsOf,
  ofKind,
  podOwnersIn,
  type KubernetesObject,
} from '../testing/manifests.ts';

type Labels = Readonly<Record<string, string>>;

const selects = (selector: unknown, labels: Labels) => {
  const { matchLabels = {} } = selector as { matchLabels?: Labels };
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
};

const namesOf = (objects: readonly KubernetesObject[]) =>
  objects.map(({ metadata }) => metadata.name);

describe.each(environmentNames)('%s', (environment) => {
  const objects = objectsOf(environment);
  const owners = podOwnersIn(objects);
  const deployments = owners.filter(({ kind }) => kind === 'Deployment');

  test('what KEDA and the HPA scale has no replicas, and all else has', () => {
    const scaled = [
      ...ofKind(objects, 'ScaledObject'),
      ...ofKind(objects, 'HorizontalPodAutoscaler'),
    ].map(({ spec }) => (spec?.scaleTargetRef as { name: string }).name);
    expect(scaled).toEqual(['emu', 'frontend']);
    const unscaled = ofKind(objects, 'Deployment').filter(
      ({ spec }) => spec?.replicas !== undefined,
    );
    const all = namesOf(ofKind(objects, 'Deployment'));
    expect(namesOf(unscaled)).toEqual(all.filter((name) => !scaled.includes(name)));
  });

  test.each(owners.map((owner) => [owner.name, owner] as const))(
    '%s: requests and limits, one container, memory that is not overbooked',
    (_, { pod }) => {
      expect(pod.containers).toHaveLength(1);
      for (const { resources } of pod.containers) {
        const kinds = ['cpu', 'ephemeral-storage', 'memory'];
        expect(Object.keys(resources.requests).sort()).toEqual(kinds);
        expect(Object.keys(resources.limits).sort()).toEqual(kinds);
        expect(resources.requests.memory).toBe(resources.limits.memory);
      }
    },
  );

  test.each(deployments.map((owner) => [owner.name, owner] as const))(
    '%s: a budget for disruptions, probes, spread, a selector of its own',
    (name, { labels, pod }) => {
      const budgets = ofKind(objects, 'PodDisruptionBudget').filter(({ spec }) =>
        selects(spec?.selector, labels),
      );
      expect(namesOf(budgets)).toEqual([name]);
      expect(pod.topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
        'topology.kubernetes.io/zone',
        'kubernetes.io/hostname',
      ]);
      for (const container of pod.containers) {
        expect(container.startupProbe).toBeDefined();
        expect(container.readinessProbe).toBeDefined();
      }
      const selector = ofKind(objects, 'Deployment').find(({ metadata }) => metadata.name === name)
        ?.spec?.selector;
      expect(
        owners
          .filter((other) => selects(selector, other.labels))
          .map(({ name: selected }) => selected),
      ).toEqual([name]);
    },
  );

  test.each(['pelican', 'emu', 'frontend'])(
    '%s: alive, ready and started are asked apart, of the admin port',
    (name) => {
      const [container] = deployments.find((owner) => owner.name === name)?.pod.containers ?? [];
      const admin = (path: string) => ({ httpGet: { path, port: 'admin' } });
      expect(container?.startupProbe).toMatchObject(admin('/livez'));
      expect(container?.livenessProbe).toMatchObject(admin('/livez'));
      expect(container?.readinessProbe).toMatchObject(admin('/readyz'));
      expect(container?.ports).toContainEqual({ name: 'admin', containerPort: 9090 });
    },
  );

  test.each(['pelican', 'emu', 'frontend'])(
    '%s: a stop has time for its work after load balancers have learned of it',
    (name) => {
      const pod = deployments.find((owner) => owner.name === name)?.pod;
      const [container] = pod?.containers ?? [];
      const stop = container?.env.find((variable) => variable.name === 'SHUTDOWN_GRACE_MS')?.value;
      const [, pause = '0'] = container?.lifecycle?.preStop.exec.command ?? [];
      expect(Number(stop)).toBeGreaterThan(0);
      expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(
        Number(stop) / 1_000 + Number(pause),
      );
    },
  );

  test('every pod has a policy of its own, and one denies the rest', () => {
    const policies = ofKind(objects, 'NetworkPolicy');
    const general = policies.filter(
      ({ spec }) => Object.keys(spec?.podSelector as object).length === 0,
    );
    expect(general.map(({ spec }) => spec)).toEqual([
      { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    ]);
    for (const { name, labels } of owners) {
      const own = policies.filter(
        (policy) => !general.includes(policy) && selects(policy.spec?.podSelector, labels),
      );
      expect(namesOf(own)).toEqual([name]);
      expect(own[0]?.spec?.policyTypes).toEqual(['Ingress', 'Egress']);
    }
  });

  test('nothing has two names, and each is in the namespace', () => {
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
    const outside = objects.filter(({ metadata }) => metadata.namespace !== 'aviary');
    expect(outside.every(({ kind }) => /^(Namespace|IngressClass.*)$/.test(kind))).toBe(true);
  });

  test('the namespace admits what is restricted, and nothing else', () => {
    expect(ofKind(objects, 'Namespace')).toMatchObject([
      { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
    ]);
  });
});

test('prod runs images by their digest', () => {
  for (const { pod } of podOwnersIn(objectsOf('prod')))
    for (const { image } of pod.containers) expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
});

test('prod’s manifests hold no secret', () => {
  const objects = objectsOf('prod');
  expect(ofKind(objects, 'Secret')).toEqual([]);
  const values = podOwnersIn(objects).flatMap(({ pod }) =>
    pod.containers.flatMap(({ env }) => env.filter(({ value }) => value !== undefined)),
  );
  for (const { name, value } of values) {
    expect(name).not.toMatch(/PASSWORD|_KEY$|SECRET|TOKEN/);
    // An address with a password in it.
    expect(value).not.toMatch(/\/\/[^/@]*:[^/@]*@/);
  }
});
