import { databaseAuthorities, serviceAccounts } from '@aviary/platform-outputs';
import { describe, expect, test } from 'vitest';
import {
  environmentNames,
  objectsOf,
  ofKind,
  podOwnersIn,
  type KubernetesObject,
} from '../testing/manifests.ts';

const namesOf = (objects: readonly KubernetesObject[]) =>
  objects.map(({ metadata }) => metadata.name);

/** Made by others: `make deploy` puts the database's authorities there. */
const foreignConfigMaps = { kind: [], prod: [databaseAuthorities.configMap] };

/** The keys of each Secret, as far as manifests tell: those of a whole JSON document are its owner's. */
function secretsIn(objects: readonly KubernetesObject[]): Map<string, string[] | 'any'> {
  const keys = new Map<string, string[] | 'any'>();
  for (const { metadata, stringData } of ofKind(objects, 'Secret')) {
    keys.set(metadata.name, Object.keys(stringData as object));
  }
  for (const { spec } of ofKind(objects, 'ExternalSecret')) {
    const { target, data } = spec as {
      target: { name: string };
      data?: { secretKey: string }[];
    };
    keys.set(target.name, data?.map(({ secretKey }) => secretKey) ?? 'any');
  }
  return keys;
}

describe.each(environmentNames)('%s', (environment) => {
  const objects = objectsOf(environment);
  const owners = podOwnersIn(objects);
  const secrets = secretsIn(objects);
  const workloads = namesOf(ofKind(objects, 'Deployment'));

  test.each(owners.map((owner) => [owner.name, owner.pod] as const))(
    '%s: its service account, ConfigMaps and Secrets are there',
    (_, pod) => {
      expect(namesOf(ofKind(objects, 'ServiceAccount'))).toContain(pod.serviceAccountName);
      for (const { configMap, secret } of pod.volumes) {
        const configMaps = [
          ...namesOf(ofKind(objects, 'ConfigMap')),
          ...foreignConfigMaps[environment],
        ];
        if (configMap) expect(configMaps).toContain(configMap.name);
        if (secret) expect([...secrets.keys()]).toContain(secret.secretName);
      }
      for (const { valueFrom } of pod.containers.flatMap(({ env }) => env)) {
        if (valueFrom === undefined) continue;
        const { name, key } = valueFrom.secretKeyRef;
        const keys = secrets.get(name);
        if (keys !== 'any') expect(keys, name).toContain(key);
      }
    },
  );

  test('no Secret is there for nobody', () => {
    const used = owners.flatMap(({ pod }) => [
      ...pod.containers.flatMap(({ env }) => env.map((one) => one.valueFrom?.secretKeyRef.name)),
      ...pod.volumes.map(({ secret }) => secret?.secretName),
    ]);
    expect([...secrets.keys()].filter((name) => !used.includes(name))).toEqual([]);
  });

  test('what is scaled, monitored and served is there', () => {
    for (const kind of ['ScaledObject', 'HorizontalPodAutoscaler']) {
      for (const { spec } of ofKind(objects, kind)) {
        expect(workloads).toContain((spec?.scaleTargetRef as { name: string }).name);
      }
    }
    const selecting = [
      ...ofKind(objects, 'Service').map(({ spec }) => spec?.selector),
      ...ofKind(objects, 'PodMonitor').map(
        ({ spec }) => (spec?.selector as { matchLabels: unknown }).matchLabels,
      ),
    ];
    for (const selector of selecting) {
      const selected = owners.filter(({ labels }) =>
        Object.entries(selector as object).every(([name, value]) => labels[name] === value),
      );
      expect(selected.map(({ kind }) => kind)).toEqual(['Deployment']);
    }
    for (const { spec, metadata } of ofKind(objects, 'Service')) {
      const workload = metadata.labels?.['app.kubernetes.io/name'];
      const ports = owners
        .find(({ name }) => name === workload)
        ?.pod.containers.flatMap((container) => container.ports.map(({ name }) => name));
      for (const { targetPort } of spec?.ports as { targetPort: string }[]) {
        expect(ports).toContain(targetPort);
      }
    }
  });

  test('the page counts workers by headless Services that know pods before they are ready', () => {
    const frontend = owners.find(({ name }) => name === 'frontend');
    const workers = frontend?.pod.containers[0]?.env.find(({ name }) => name === 'WORKERS')?.value;
    for (const address of workers?.split(',') ?? []) {
      const { hostname, port } = new URL(address);
      const service = ofKind(objects, 'Service').find(({ metadata }) => metadata.name === hostname);
      expect(service?.spec).toMatchObject({
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        ports: [{ port: Number(port) }],
      });
    }
    expect(workers?.split(',')).toHaveLength(2);
  });

  test('KEDA reads the queue that pelican fills', () => {
    const [scaledObject] = ofKind(objects, 'ScaledObject');
    const { triggers } = scaledObject?.spec as {
      triggers: {
        type: string;
        metadata: Record<string, string>;
        authenticationRef: { name: string };
      }[];
    };
    const pelican = owners.find(({ name }) => name === 'pelican')?.pod.containers[0]?.env ?? [];
    const valueOf = (variable: string) => pelican.find(({ name }) => name === variable)?.value;
    expect(triggers).toMatchObject([
      {
        type: 'aws-sqs-queue',
        metadata: {
          queueURL: valueOf('QUEUE_URL'),
          awsRegion: valueOf('AWS_REGION'),
          scaleOnInFlight: 'true',
        },
      },
    ]);
    expect(triggers[0]?.metadata.awsEndpoint).toBe(valueOf('AWS_ENDPOINT_URL_SQS'));
    expect(namesOf(ofKind(objects, 'TriggerAuthentication'))).toEqual(
      triggers.map(({ authenticationRef }) => authenticationRef.name),
    );
  });
});

test('pods in prod run as the service accounts that infra/ binds to roles', () => {
  const { install, pelican, emu, frontend } = serviceAccounts;
  const bound = [install, pelican, emu, frontend].map(({ name }) => name);
  const objects = objectsOf('prod');
  expect(namesOf(ofKind(objects, 'ServiceAccount')).sort()).toEqual([...bound].sort());
  for (const { namespace } of [install, pelican, emu, frontend]) {
    expect(namesOf(ofKind(objects, 'Namespace'))).toEqual([namespace]);
  }
});
