import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Cluster } from './cluster.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { Names } from './names.ts';
import type { Network } from './network/network.ts';
import type { Settings } from './settings.ts';

const port = 5432;

/** Users of the database: the services' and the owner of the tables, who log in by IAM token alone. */
export const databaseUsers = {
  owner: 'aviary_owner',
  pelican: 'pelican',
  frontend: 'frontend',
} as const;

/** RDS Postgres 17, reached by the cluster's pods alone, over TLS alone, and read replicas where asked for. */
export class Database extends pulumi.ComponentResource {
  readonly host: pulumi.Output<string>;
  readonly readerHosts: pulumi.Output<string>[];
  readonly port = port;
  readonly databaseName = 'aviary';
  readonly masterUser = 'aviary_admin';
  readonly identifier: string;
  /** Of the primary and its readers, as IAM names whoever logs in. */
  readonly resourceIds: pulumi.Output<string>[];
  readonly readerIdentifiers: string[];
  /** ARN of the secret that RDS keeps the master password in; none with read replicas. */
  readonly masterSecretArn: pulumi.Output<string> | undefined;

  /**
   * @param masterPassword wanted with read replicas alone, since RDS makes none of a database whose master password
   *   it manages itself.
   */
  constructor(
    names: Names,
    settings: Settings,
    parts: { network: Network; cluster: Cluster; key: EncryptionKey },
    masterPassword: pulumi.Output<string> | undefined,
    options: pulumi.ComponentResourceOptions,
  ) {
    super('aviary:infra:Database', 'database', {}, options);
    const parent = { parent: this };
    const { network, cluster, key } = parts;
    const { database, protectData } = settings;
    this.identifier = names.stack;

    const subnets = new aws.rds.SubnetGroup(
      'database',
      { name: names.stack, subnetIds: network.isolatedSubnetIds },
      parent,
    );
    const access = new aws.ec2.SecurityGroup(
      'database',
      {
        name: names.of('database'),
        description: 'Postgres, from the pods of the cluster',
        vpcId: network.vpcId,
        tags: { Name: names.of('database') },
      },
      parent,
    );
    new aws.vpc.SecurityGroupIngressRule(
      'database-from-pods',
      {
        securityGroupId: access.id,
        referencedSecurityGroupId: cluster.securityGroupId,
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        description: 'Pods of the cluster',
      },
      parent,
    );
    const parameters = new aws.rds.ParameterGroup(
      'database',
      {
        name: `${names.stack}-postgres17`,
        family: 'postgres17',
        parameters: [
          { name: 'rds.force_ssl', value: '1' },
          {
            name: 'max_connections',
            value: String(database.maxConnections),
            applyMethod: 'pending-reboot',
          },
          { name: 'log_min_duration_statement', value: '1000' },
          { name: 'log_connections', value: '1' },
        ],
      },
      parent,
    );

    const common = {
      instanceClass: database.instanceClass,
      parameterGroupName: parameters.name,
      vpcSecurityGroupIds: [access.id],
      publiclyAccessible: false,
      iamDatabaseAuthenticationEnabled: true,
      caCertIdentifier: 'rds-ca-rsa2048-g1',
      storageType: 'gp3',
      storageEncrypted: true,
      kmsKeyId: key.arn,
      maxAllocatedStorage: database.maxStorageGiB,
      autoMinorVersionUpgrade: true,
      copyTagsToSnapshot: true,
      deletionProtection: protectData,
      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: key.arn,
      performanceInsightsRetentionPeriod: 7,
      enabledCloudwatchLogsExports: ['postgresql', 'upgrade'],
    } satisfies Partial<aws.rds.InstanceArgs>;
    const primary = new aws.rds.Instance(
      'database',
      {
        ...common,
        identifier: this.identifier,
        engine: 'postgres',
        engineVersion: '17',
        dbName: this.databaseName,
        username: this.masterUser,
        ...masterLogin(database.readReplicas, masterPassword),
        port,
        dbSubnetGroupName: subnets.name,
        multiAz: database.multiAz,
        allocatedStorage: database.storageGiB,
        backupRetentionPeriod: database.backupDays,
        backupWindow: '02:00-03:00',
        maintenanceWindow: 'sun:03:30-sun:04:30',
        // In prod a change that restarts the database waits for the window.
        applyImmediately: settings.environment === 'dev',
        deleteAutomatedBackups: !protectData,
        skipFinalSnapshot: !protectData,
        ...(protectData ? { finalSnapshotIdentifier: names.of('final') } : {}),
      },
      { ...parent, protect: protectData },
    );
    this.readerIdentifiers = Array.from(
      { length: database.readReplicas },
      (_, position) => `${this.identifier}-reader-${position}`,
    );
    const readers = this.readerIdentifiers.map(
      (identifier) =>
        new aws.rds.Instance(
          identifier,
          { ...common, identifier, replicateSourceDb: primary.identifier, skipFinalSnapshot: true },
          parent,
        ),
    );

    this.host = primary.address;
    this.readerHosts = readers.map(({ address }) => address);
    this.resourceIds = [primary, ...readers].map(({ resourceId }) => resourceId);
    this.masterSecretArn =
      database.readReplicas > 0
        ? undefined
        : primary.masterUserSecrets.apply(([secret]) => secret?.secretArn ?? '');
    this.registerOutputs();
  }
}

function masterLogin(
  readReplicas: number,
  masterPassword: pulumi.Output<string> | undefined,
): Pick<aws.rds.InstanceArgs, 'manageMasterUserPassword' | 'password'> {
  if (readReplicas === 0) return { manageMasterUserPassword: true };
  if (masterPassword !== undefined) return { password: masterPassword };
  throw new Error(
    'RDS makes no read replica of a database whose master password it manages itself: give one with "pulumi config set --secret databasePassword", or set platform.database.readReplicas to 0.',
  );
}
