import { describe, expect, test } from 'vitest';
import { objectsOf, ofKind, podOwnersIn, type EnvironmentName } from '../testing/manifests.ts';
import { isLetThrough, type End, type Stream } from '../testing/network.ts';

const podOf = (environment: EnvironmentName, name: string): End => {
  const owner = podOwnersIn(objectsOf(environment)).find((one) => one.name === name);
  if (owner === undefined) throw new Error(`There is no ${name} in ${environment}.`);
  return { labels: owner.labels };
};

interface NamedStream extends Stream {
  /** The workload behind the address. */
  readonly receiver: string;
}

/** Each address in a workload's variables, as the pods and the port behind it. */
function streamsOf(name: string): NamedStream[] {
  const objects = objectsOf('kind');
  const owners = podOwnersIn(objects);
  const secrets = ofKind(objects, 'Secret');
  const values = owners
    .filter((owner) => owner.name === name)
    .flatMap(({ pod }) => pod.containers.flatMap(({ env }) => env))
    .flatMap(({ value, valueFrom }) => {
      if (valueFrom === undefined) return value ?? [];
      const { name: secretName, key } = valueFrom.secretKeyRef;
      const secret = secrets.find(({ metadata }) => metadata.name === secretName);
      return (secret?.stringData as Record<string, string>)[key] ?? [];
    })
    .flatMap((value) => value.split(','))
    .filter((value) => value.includes('://'));
  return values.map((address) => {
    const { hostname, port } = new URL(address);
    const [serviceName] = hostname.split('.');
    const service = ofKind(objects, 'Service').find(
      ({ metadata }) => metadata.name === serviceName,
    );
    const { selector, ports } = service?.spec as {
      selector: Record<string, string>;
      ports: { port: number; targetPort: string }[];
    };
    const { targetPort } = ports.find((one) => String(one.port) === port) ?? {};
    const receiver = selector['app.kubernetes.io/name'] ?? '';
    const listening = owners
      .find((owner) => owner.kind === 'Deployment' && owner.name === receiver)
      ?.pod.containers[0]?.ports.find((one) => one.name === targetPort);
    return {
      from: podOf('kind', name),
      to: { labels: selector },
      port: listening?.containerPort ?? 0,
      receiver,
    };
  });
}

describe('kind', () => {
  const objects = objectsOf('kind');
  const letsThrough = (from: End, to: End, port: number) =>
    isLetThrough(objects, { from, to, port });
  const pod = (name: string) => podOf('kind', name);

  test.each([
    ['pelican', ['pinecone', 'postgres', 'sqs']],
    ['emu', ['embeddings', 'pinecone', 'sqs']],
    ['frontend', ['embeddings', 'emu', 'pelican', 'pinecone', 'postgres', 'sqs']],
    ['install', ['postgres']],
    ['audit', ['pinecone', 'postgres', 'sqs']],
    ['seed', ['postgres', 'sqs']],
  ])('%s reaches every address that it is told: of %j', (name, receivers) => {
    const streams = streamsOf(name);
    expect([...new Set(streams.map(({ receiver }) => receiver))].sort()).toEqual(receivers);
    expect(streams.filter((stream) => !isLetThrough(objects, stream))).toEqual([]);
  });

  test('who has no business with another does not reach it', () => {
    expect(letsThrough(pod('emu'), pod('postgres'), 5432)).toBe(false);
    expect(letsThrough(pod('pelican'), pod('embeddings'), 8090)).toBe(false);
    expect(letsThrough(pod('emu'), pod('pelican'), 9090)).toBe(false);
    expect(letsThrough(pod('install'), pod('sqs'), 4566)).toBe(false);
    expect(letsThrough(pod('postgres'), pod('sqs'), 4566)).toBe(false);
    expect(letsThrough(pod('pelican'), { address: '1.1.1.1' }, 443)).toBe(false);
    const stranger = { labels: { app: 'stranger' } };
    expect(letsThrough(stranger, pod('postgres'), 5432)).toBe(false);
    expect(letsThrough(stranger, pod('emu'), 9090)).toBe(false);
  });

  test('KEDA reads the queue, Prometheus reads metrics, people see the page, and no more', () => {
    expect(letsThrough({ namespace: 'keda' }, pod('sqs'), 4566)).toBe(true);
    expect(letsThrough({ namespace: 'keda' }, pod('postgres'), 5432)).toBe(false);
    for (const name of ['pelican', 'emu', 'frontend']) {
      expect(letsThrough({ namespace: 'monitoring' }, pod(name), 9090)).toBe(true);
      expect(letsThrough({ namespace: 'default' }, pod(name), 9090)).toBe(false);
    }
    expect(letsThrough({ address: '192.0.2.1' }, pod('frontend'), 8080)).toBe(true);
    expect(letsThrough({ address: '192.0.2.1' }, pod('postgres'), 5432)).toBe(false);
  });
});

describe('prod', () => {
  const objects = objectsOf('prod');
  const reaches = (name: string, address: string, port: number) =>
    isLetThrough(objects, { from: podOf('prod', name), to: { address }, port });
  const services = ['pelican', 'emu', 'frontend'] as const;

  test.each(services)('%s reaches SQS, Pinecone and its credentials, and no node', (name) => {
    expect(reaches(name, '203.0.113.7', 443)).toBe(true);
    expect(reaches(name, '169.254.170.23', 80)).toBe(true);
    expect(reaches(name, 'fd00:ec2::23', 80)).toBe(true);
    expect(reaches(name, '169.254.169.254', 80)).toBe(false);
    expect(reaches(name, '169.254.169.254', 443)).toBe(false);
    expect(reaches(name, '203.0.113.7', 80)).toBe(false);
  });

  test('the database is reached by whom it serves, inside the network', () => {
    const reaching = ['install', 'audit', ...services].filter((name) =>
      reaches(name, '10.0.3.7', 5432),
    );
    expect(reaching).toEqual(['install', 'audit', 'pelican', 'frontend']);
    expect(reaches('pelican', '203.0.113.7', 5432)).toBe(false);
  });

  test('the load balancer reaches the page and asks whether it is ready', () => {
    const from = { address: '10.0.1.4' };
    const to = podOf('prod', 'frontend');
    expect(isLetThrough(objects, { from, to, port: 8080 })).toBe(true);
    expect(isLetThrough(objects, { from, to, port: 9090 })).toBe(true);
    expect(isLetThrough(objects, { from, to: podOf('prod', 'emu'), port: 9090 })).toBe(false);
    expect(isLetThrough(objects, { from: { address: '192.0.2.1' }, to, port: 8080 })).toBe(false);
  });

  test('everybody asks DNS', () => {
    for (const protocol of ['UDP', 'TCP'] as const) {
      const to = { namespace: 'kube-system' };
      const from = podOf('prod', 'emu');
      expect(isLetThrough(objects, { from, to, port: 53, protocol })).toBe(true);
    }
  });
});
