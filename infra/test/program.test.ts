import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { policies, productionPolicies } from './policies.ts';
import { register, root, type RegisteredPlatform } from './register.ts';

// A stack in production names from where its API is reached.
const reachable = { apiAllowedCidrs: ['203.0.113.0/24'] };
const password = { 'aviary:databasePassword': 'for-the-readers-alone' };

let dev: RegisteredPlatform;
let prod: RegisteredPlatform;
let withReaders: RegisteredPlatform;
let withOperator: RegisteredPlatform;
beforeAll(() => {
  dev = register('dev');
  prod = register('prod', {
    ...reachable,
    signIn: true,
    alarmEmail: 'on-call@example.com',
    ingress: {
      host: 'aviary.example.com',
      certificateArn: 'arn:aws:acm:eu-west-1:1:certificate/x',
    },
  });
  withOperator = register('prod', { ...reachable, operator: true });
  withReaders = register('prod', { ...reachable, database: { readReplicas: 2 } }, password);
});

describe('dev', () => {
  test.each(Object.entries(policies))('%s', (_, policy) => {
    expect(policy(dev)).toEqual([]);
  });

  test('is cheap', () => {
    const count = (type: string) =>
      dev.resources.filter((resource) => resource.type === type).length;
    expect(count('aws:ec2/natGateway:NatGateway')).toBe(1);
    const [database] = dev.resources.filter(({ type }) => type === 'aws:rds/instance:Instance');
    expect(database?.inputs).toMatchObject({ instanceClass: 'db.t4g.small', multiAz: false });
  });
});

describe('prod', () => {
  const wanted = Object.entries({ ...policies, ...productionPolicies });
  test.each(wanted)('%s', (_, policy) => {
    expect(policy(prod)).toEqual([]);
  });
  test.each(wanted)('with an operator, too, %s', (_, policy) => {
    expect(policy(withOperator)).toEqual([]);
  });
  test.each(wanted)('with read replicas, too, %s', (_, policy) => {
    expect(policy(withReaders)).toEqual([]);
  });
});

test('outputs name what the manifests need, with a sign-in, readers and an address where there are', () => {
  expect(prod.platform).toMatchObject({
    secrets: { signIn: expect.stringContaining('aviary-prod/sign-in') as string },
    ingress: { host: 'aviary.example.com' },
    database: { readerHosts: [] },
  });
  expect(withReaders.platform.database.readerHosts).toHaveLength(2);
  expect(dev.platform).not.toHaveProperty('ingress');
  expect(withOperator.platform.images.operator).toMatch(/aviary-prod\/operator@sha256:/);
  expect(prod.platform.images).not.toHaveProperty('operator');
  expect(prod.operations.masterSecretArn).toMatch(/^arn:aws:secretsmanager/);
  expect(withReaders.operations.masterSecretArn).toBe('');
});

test('Pulumi runs the program where these tests run it, since its paths are relative', () => {
  // A `main` here would have it run in the directory of that file.
  expect(parse(readFileSync(join(root, 'Pulumi.yaml'), 'utf8'))).not.toHaveProperty('main');
});

test('read replicas want a master password, and it is said where it comes from', () => {
  expect(() => register('prod', { ...reachable, database: { readReplicas: 1 } })).toThrow(
    /give one with "pulumi config set --secret databasePassword"/,
  );
});

test('a stack for production that does not say from where its API is reached is refused', () => {
  expect(() => register('prod')).toThrow(/platform\.apiAllowedCidrs: must name at least one range/);
});

describe('a policy notices', () => {
  type Break = [policy: string, type: string, change: Record<string, unknown>, fault: RegExp];
  const star = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['sqs:*'], Resource: ['*'] }],
  });
  const breaks: Break[] = [
    [
      'the database is encrypted',
      'aws:rds/instance:Instance',
      { storageEncrypted: false },
      /encrypted/,
    ],
    [
      'the database is encrypted',
      'aws:rds/instance:Instance',
      { publiclyAccessible: true },
      /public/,
    ],
    [
      'the database is encrypted',
      'aws:rds/instance:Instance',
      { backupRetentionPeriod: 0 },
      /backups/,
    ],
    [
      'the database is encrypted',
      'aws:rds/parameterGroup:ParameterGroup',
      { parameters: [] },
      /plain/,
    ],
    [
      'the database has no way',
      'aws:rds/subnetGroup:SubnetGroup',
      { subnetIds: ['public-0-id'] },
      /not isolated/,
    ],
    [
      'the database has no way',
      'aws:ec2/route:Route',
      { routeTableId: 'isolated-id' },
      /route out/,
    ],
    [
      'nothing may be reached',
      'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule',
      { cidrIpv4: '0.0.0.0/0' },
      /world/,
    ],
    [
      'queues and the topic',
      'aws:sqs/queue:Queue',
      { sqsManagedSseEnabled: undefined },
      /not encrypted/,
    ],
    ['queues and the topic', 'aws:sqs/queuePolicy:QueuePolicy', { policy: star }, /without TLS/],
    [
      'queues and the topic',
      'aws:sns/topic:Topic',
      { kmsMasterKeyId: 'alias/aws/sns' },
      /stack’s key/,
    ],
    [
      'a dead letter outlives',
      'aws:sqs/queue:Queue',
      { messageRetentionSeconds: 345_600 },
      /not kept longer/,
    ],
    [
      'a dead letter outlives',
      'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy',
      { redriveAllowPolicy: '{"redrivePermission":"allowAll"}' },
      /other queues/,
    ],
    [
      'no role may do everything',
      'aws:iam/rolePolicy:RolePolicy',
      { policy: star },
      /wildcard sqs:\*/,
    ],
    ['wildcards in other', 'aws:sqs/queuePolicy:QueuePolicy', { policy: star }, /wildcard/],
    [
      'each service account',
      'aws:eks/podIdentityAssociation:PodIdentityAssociation',
      { serviceAccount: 'default' },
      /has no role/,
    ],
    ['each service account', 'aws:iam/role:Role', { assumeRolePolicy: star }, /others than pods/],
    ['the cluster is current', 'eks:index:Cluster', { version: '1.34' }, /near its end/],
    [
      'the cluster is current',
      'eks:index:Cluster',
      { authenticationMode: 'API_AND_CONFIG_MAP' },
      /another way in/,
    ],
    [
      'nodes are in private',
      'eks:index:Cluster',
      { subnetIds: ['private-0-id', 'public-0-id'] },
      /public-0-id, which is not private/,
    ],
    ['network policies', 'kubernetes:core/v1:ConfigMap', { data: {} }, /unenforced/],
    ['network policies', 'aws:eks/addon:Addon', { addonName: 'coredns' }, /measures no pods/],
    [
      'an image is scanned',
      'aws:ecr/repository:Repository',
      { imageScanningConfiguration: { scanOnPush: false } },
      /not scanned/,
    ],
    [
      'everything is tagged',
      'pulumi:providers:aws',
      { defaultTags: '{"tags":{}}' },
      /no tag Stack/,
    ],
    ['a name says', 'aws:sqs/queue:Queue', { name: 'queue' }, /is named queue/],
    ['no secret is in', 'aws:rds/instance:Instance', { password: 'x' }, /password in the state/],
    ['data is kept', 'aws:rds/instance:Instance', { deletionProtection: false }, /may be deleted/],
    [
      'data is kept',
      'pulumi-nodejs:dynamic/pinecone:ServerlessIndex',
      { protectedFromDeletion: false },
      /may be deleted/,
    ],
    ['it outlives', 'aws:rds/instance:Instance', { multiAz: false }, /no standby/],
    [
      'the Kubernetes API',
      'eks:index:Cluster',
      { publicAccessCidrs: ['0.0.0.0/0'] },
      /open to the world/,
    ],
  ];
  test.each(breaks)('%s: %s with %j', (beginning, type, change, fault) => {
    const found = Object.entries({ ...policies, ...productionPolicies }).find(([name]) =>
      name.startsWith(beginning),
    );
    if (found === undefined) throw new Error(`There is no policy "${beginning}…".`);
    const [, policy] = found;
    const broken = prod.resources.map((resource) =>
      resource.type === type
        ? { ...resource, inputs: { ...resource.inputs, ...change } }
        : resource,
    );
    expect(policy({ ...prod, resources: broken }).join('\n')).toMatch(fault);
  });
});
