import { platformOutputsSchema } from '../../packages/platform-outputs/src/index.ts';
import { serviceAccounts } from '../../packages/platform-outputs/src/service-accounts.ts';
import type { Registered, RegisteredPlatform } from './register.ts';

/** What every platform has to be. @returns the faults, each naming the resource. */
export type Policy = (platform: RegisteredPlatform) => string[];

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource?: string | string[];
  Principal?: unknown;
  Condition?: unknown;
}

const list = (value: string | string[] = []) => (typeof value === 'string' ? [value] : value);
const statementsOf = (document: unknown): Statement[] =>
  (JSON.parse(String(document)) as { Statement: Statement[] }).Statement;

function all(platform: RegisteredPlatform, type: string): Registered[] {
  const found = platform.resources.filter((resource) => resource.type === type);
  if (found.length === 0) throw new Error(`The program makes no ${type}.`);
  return found;
}

/** A policy on each resource of a type: whatever does not hold is a fault, told in those words. */
const each =
  (type: string, wants: Record<string, (inputs: Record<string, unknown>) => boolean>): Policy =>
  (platform) =>
    all(platform, type).flatMap(({ name, inputs }) =>
      Object.entries(wants)
        .filter(([, holds]) => !holds(inputs))
        .map(([want]) => `${type} ${name}: ${want}`),
    );

const queueType = 'aws:sqs/queue:Queue';
const deniesPlain = (document: unknown) =>
  statementsOf(document).some(
    ({ Effect, Principal, Condition }) =>
      Effect === 'Deny' &&
      Principal === '*' &&
      JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
  );

/** Of queues that the stack's operator makes, and of no other stack's: in no stack's name is an underscore. */
const isOfOwnQueues =
  /^arn:aws:sqs:[a-z0-9-]+:\d{12}:aviary-(dev|prod)_\*(-dead)?(\.fifo|-refresh)$/;

export const policies: Record<string, Policy> = {
  'the database is encrypted, private, and asks for TLS and IAM': (platform) => [
    ...each('aws:rds/instance:Instance', {
      'is not encrypted with the stack’s key': (db) =>
        db.storageEncrypted === true && typeof db.kmsKeyId === 'string',
      'is public': (db) => db.publiclyAccessible === false,
      'knows no IAM users': (db) => db.iamDatabaseAuthenticationEnabled === true,
      'keeps no backups': (db) =>
        db.replicateSourceDb !== undefined || Number(db.backupRetentionPeriod) >= 1,
      'lets performance go unwatched': (db) => db.performanceInsightsEnabled === true,
    })(platform),
    ...each('aws:rds/parameterGroup:ParameterGroup', {
      'takes plain connections': ({ parameters }) =>
        (parameters as { name: string; value: string }[]).some(
          ({ name, value }) => name === 'rds.force_ssl' && value === '1',
        ),
    })(platform),
  ],

  'the database has no way to the internet': (platform) => {
    const isolated = all(platform, 'aws:ec2/subnet:Subnet').filter(({ name }) =>
      name.startsWith('isolated'),
    );
    const routed = new Set(
      all(platform, 'aws:ec2/route:Route').map(({ inputs }) => inputs.routeTableId),
    );
    const open = all(platform, 'aws:ec2/routeTableAssociation:RouteTableAssociation').filter(
      ({ name, inputs }) => name.startsWith('isolated') && routed.has(inputs.routeTableId),
    );
    return [
      ...open.map(({ name }) => `${name} has a route out`),
      ...all(platform, 'aws:rds/subnetGroup:SubnetGroup').flatMap(({ name, inputs }) =>
        (inputs.subnetIds as string[])
          .filter((id) => !isolated.some((subnet) => `${subnet.name}-id` === id))
          .map((id) => `the database's subnets ${name} have ${id}, which is not isolated`),
      ),
    ];
  },

  'nothing may be reached from everywhere but the load balancer': (platform) =>
    platform.resources
      .filter(({ type }) => type.includes('SecurityGroup'))
      .filter(({ inputs }) => /0\.0\.0\.0\/0|::\/0/.test(JSON.stringify(inputs)))
      .map(({ type, name }) => `${type} ${name} is open to the world`),

  'workers have no public address': each('aws:ec2/subnet:Subnet', {
    'gives out public addresses': ({ mapPublicIpOnLaunch }) => mapPublicIpOnLaunch !== true,
  }),

  'queues and the topic are encrypted, at rest and on the way': (platform) => [
    ...each(queueType, { 'is not encrypted': (queue) => queue.sqsManagedSseEnabled === true })(
      platform,
    ),
    ...all(platform, queueType)
      .filter(
        ({ name }) =>
          !all(platform, 'aws:sqs/queuePolicy:QueuePolicy').some(
            (policy) => policy.name === name && deniesPlain(policy.inputs.policy),
          ),
      )
      .map(({ name }) => `${name} takes requests without TLS`),
    ...each('aws:sns/topic:Topic', {
      'is not encrypted with the stack’s key': ({ kmsMasterKeyId }) =>
        typeof kmsMasterKeyId === 'string' && kmsMasterKeyId.startsWith('arn:aws:kms'),
    })(platform),
    ...each('aws:sns/topicPolicy:TopicPolicy', {
      'takes requests without TLS': ({ policy }) => deniesPlain(policy),
    })(platform),
  ],

  'a dead letter outlives its message, and comes from its queue alone': (platform) => {
    const queues = all(platform, queueType);
    return queues
      .filter(({ inputs }) => inputs.redrivePolicy !== undefined)
      .flatMap(({ name, inputs }) => {
        const { deadLetterTargetArn } = JSON.parse(String(inputs.redrivePolicy)) as {
          deadLetterTargetArn: string;
        };
        const letters = queues.find((queue) =>
          deadLetterTargetArn.endsWith(`:${String(queue.inputs.name)}`),
        );
        const allowed = all(platform, 'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy').some(
          (policy) =>
            String(policy.inputs.queueUrl).endsWith(`/${String(letters?.inputs.name)}`) &&
            JSON.stringify(JSON.parse(String(policy.inputs.redriveAllowPolicy))).endsWith(
              `"sourceQueueArns":["${deadLetterTargetArn.replace(String(letters?.inputs.name), String(inputs.name))}"]}`,
            ),
        );
        return [
          ...(Number(letters?.inputs.messageRetentionSeconds) >
          Number(inputs.messageRetentionSeconds)
            ? []
            : [`${name}: its dead letters are not kept longer than its messages`]),
          ...(allowed ? [] : [`${name}: other queues may give up messages to its dead letters`]),
        ];
      });
  },

  'no role may do everything, or anything to everything': (platform) =>
    all(platform, 'aws:iam/rolePolicy:RolePolicy').flatMap(({ name, inputs }) =>
      statementsOf(inputs.policy).flatMap(({ Effect, Action, Resource }) => [
        ...(Effect === 'Allow' ? [] : [`${name} has a statement that does not allow`]),
        ...[...list(Action), ...list(Resource)]
          .filter((text) => /[*?]/.test(text) && !isOfOwnQueues.test(text))
          .map((text) => `${name} has the wildcard ${text}`),
        ...list(Resource)
          .filter((text) => !text.startsWith('arn:aws:'))
          .map((text) => `${name} names "${text}", which is no ARN`),
      ]),
    ),

  // A key's policy can name no key but its own, and without its account nobody could ever change it.
  'wildcards in other policies are those that AWS demands': (platform) =>
    platform.resources
      .filter(({ type }) => type !== 'aws:iam/rolePolicy:RolePolicy')
      .filter(({ type }) => type !== 'aws:kms/key:Key')
      .flatMap(({ type, name, inputs }) =>
        ['policy', 'assumeRolePolicy']
          .filter((property) => String(inputs[property]).includes('"Statement"'))
          .flatMap((property) => statementsOf(inputs[property]))
          .filter(({ Effect }) => Effect === 'Allow')
          .flatMap(({ Action, Resource }) => [...list(Action), ...list(Resource)])
          .filter((text) => text.includes('*'))
          .map((text) => `${type} ${name} has the wildcard ${text}`),
      ),

  'each service account has one role, and no other may take it': (platform) => {
    const bound = all(platform, 'aws:eks/podIdentityAssociation:PodIdentityAssociation').map(
      ({ inputs }) => `${String(inputs.namespace)}/${String(inputs.serviceAccount)}`,
    );
    const { operator, ...others } = serviceAccounts;
    const hasOperator = platform.platform.images.operator !== undefined;
    const wanted = Object.values(hasOperator ? { ...others, operator } : others).map(
      ({ namespace, name }) => `${namespace}/${name}`,
    );
    const roles = all(platform, 'aws:iam/role:Role');
    return [
      ...wanted
        .filter((account) => !bound.includes(account))
        .map((account) => `${account} has no role`),
      ...bound
        .filter((account) => !wanted.includes(account))
        .map((account) => `${account} is unknown`),
      ...(roles.length === wanted.length ? [] : ['there are other roles']),
      ...roles
        .filter(
          ({ inputs }) =>
            !statementsOf(inputs.assumeRolePolicy).every(
              ({ Principal }) =>
                JSON.stringify(Principal) === '{"Service":"pods.eks.amazonaws.com"}',
            ),
        )
        .map(({ name }) => `${name} may be taken by others than pods`),
    ];
  },

  'the cluster is current, encrypted, logged, and entered by access entries alone': each(
    'eks:index:Cluster',
    {
      'has a version near its end': ({ version }) => Number(String(version).split('.')[1]) >= 35,
      'slips into extended support': ({ upgradePolicy }) =>
        (upgradePolicy as { supportType: string }).supportType === 'STANDARD',
      'knows another way in': ({ authenticationMode }) => authenticationMode === 'API',
      'keeps its secrets unencrypted': ({ encryptionConfigKeyArn }) =>
        typeof encryptionConfigKeyArn === 'string',
      'keeps no audit log': ({ enabledClusterLogTypes }) =>
        (enabledClusterLogTypes as string[]).includes('audit'),
    },
  ),

  'nodes are in private subnets': (platform) =>
    all(platform, 'eks:index:Cluster').flatMap(({ inputs: { publicSubnetIds, subnetIds } }) =>
      [publicSubnetIds ?? [], subnetIds]
        .flat()
        .filter((id) => !String(id).startsWith('private-'))
        .map((id) => `the cluster has the subnet ${String(id)}, which is not private`),
    ),

  'network policies are enforced, and pods are measured for their scaling': (platform) => [
    ...each('kubernetes:core/v1:ConfigMap', {
      'leaves network policies unenforced': ({ data, metadata }) =>
        (data as Record<string, string>)['enable-network-policy-controller'] === 'true' &&
        (metadata as { name: string }).name === 'amazon-vpc-cni',
    })(platform),
    ...each('aws:eks/addon:Addon', {
      'measures no pods': ({ addonName }) => addonName === 'metrics-server',
    })(platform),
  ],

  'volumes are encrypted': each('kubernetes:storage.k8s.io/v1:StorageClass', {
    'makes plain volumes': ({ parameters }) =>
      (parameters as { encrypted: string }).encrypted === 'true',
  }),

  'an image is scanned, pushed without a password in the state, and run by its digest': (
    platform,
  ) => [
    ...Object.entries(platform.platform.images)
      .filter(([, image]) => !/@sha256:[0-9a-f]{64}$/.test(image ?? ''))
      .map(([name, image]) => `${name} is run as ${image ?? 'nothing'}`),
    ...each('aws:ecr/repository:Repository', {
      'is not scanned': ({ imageScanningConfiguration }) =>
        (imageScanningConfiguration as { scanOnPush: boolean }).scanOnPush,
    })(platform),
    ...each('docker-build:index:Image', {
      'is not pushed': ({ push }) => push === true,
      'has a registry’s password in the state': ({ registries }) => registries === undefined,
    })(platform),
  ],

  'everything is tagged': (platform) => {
    const [provider] = all(platform, 'pulumi:providers:aws');
    const tags = JSON.parse(String(provider?.inputs.defaultTags)) as {
      tags: Record<string, string>;
    };
    return [
      ...['Application', 'Stack', 'Environment', 'ManagedBy']
        .filter((tag) => !tags.tags[tag])
        .map((tag) => `the provider gives no tag ${tag}`),
      ...platform.resources
        .filter(
          ({ type, provider: by }) => type.startsWith('aws:') && !by.includes('providers:aws::aws'),
        )
        .map(({ type, name }) => `${type} ${name} is made by a provider without tags`),
      ...each('eks:index:Cluster', { 'has no tags': ({ tags: own }) => own !== undefined })(
        platform,
      ),
    ];
  },

  'a name says whose it is': (platform) =>
    platform.resources
      .filter(({ type }) => type.startsWith('aws:') || type.startsWith('eks:'))
      .flatMap(({ type, name, inputs }) => {
        const given = inputs.name ?? inputs.identifier ?? inputs.dashboardName;
        if (typeof given !== 'string') return [];
        return /^(alias\/)?aviary-(dev|prod)/.test(given)
          ? []
          : [`${type} ${name} is named ${given}`];
      }),

  'no secret is in the outputs or in a resource': (platform) => {
    const result = platformOutputsSchema.safeParse(platform.platform);
    return [
      ...(result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []),
      ...platform.resources
        .filter(({ type }) => /SecretVersion|RandomPassword/.test(type))
        .map(({ type, name }) => `${type} ${name} has a secret in the state`),
      ...platform.resources
        .filter(({ inputs }) => inputs.password !== undefined || inputs.secretString !== undefined)
        .filter(({ inputs }) => inputs.engine !== 'postgres' || !hasReaders(platform))
        .map(({ type, name }) => `${type} ${name} has a password in the state`),
    ];
  },

  'an alarm reaches someone': each('aws:cloudwatch/metricAlarm:MetricAlarm', {
    'tells nobody': ({ alarmActions }) => (alarmActions as string[]).length > 0,
    'says not what to do': ({ alarmDescription }) =>
      /docs\/troubleshooting\.md#aws-[a-z-]+$/.test(String(alarmDescription)),
  }),
};

/** What production has to be besides. */
export const productionPolicies: Record<string, Policy> = {
  'data is kept from deletion': (platform) => [
    ...each('aws:rds/instance:Instance', {
      'may be deleted': ({ deletionProtection }) => deletionProtection === true,
      'leaves no snapshot behind': (db) =>
        db.replicateSourceDb !== undefined ||
        (db.skipFinalSnapshot === false && db.finalSnapshotIdentifier !== undefined),
      'takes its backups along': (db) =>
        db.replicateSourceDb !== undefined || db.deleteAutomatedBackups === false,
    })(platform),
    ...each('eks:index:Cluster', {
      'may be deleted': ({ deletionProtection }) => deletionProtection === true,
    })(platform),
    ...each('pulumi-nodejs:dynamic/pinecone:ServerlessIndex', {
      'may be deleted': ({ protectedFromDeletion }) => protectedFromDeletion === true,
    })(platform),
    ...each('aws:secretsmanager/secret:Secret', {
      'is gone at once': ({ recoveryWindowInDays }) => Number(recoveryWindowInDays) >= 7,
    })(platform),
    ...each('aws:ecr/repository:Repository', {
      'goes with its images': ({ forceDelete }) => forceDelete === false,
    })(platform),
  ],

  'it outlives the loss of a zone': (platform) => [
    ...(all(platform, 'aws:ec2/natGateway:NatGateway').length >= 3
      ? []
      : ['zones share a way out']),
    ...each('aws:rds/instance:Instance', {
      'has no standby': (db) => db.replicateSourceDb !== undefined || db.multiAz === true,
      'keeps a week of backups or less': (db) =>
        db.replicateSourceDb !== undefined || Number(db.backupRetentionPeriod) > 7,
    })(platform),
  ],

  'the Kubernetes API is not open to the world': each('eks:index:Cluster', {
    'is open to the world': ({ publicAccessCidrs }) =>
      !(publicAccessCidrs as string[]).includes('0.0.0.0/0'),
  }),
};

const hasReaders = (platform: RegisteredPlatform) =>
  platform.resources.some(({ inputs }) => inputs.replicateSourceDb !== undefined);
