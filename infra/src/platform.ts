import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { PlatformOutputs } from '../../packages/platform-outputs/src/index.ts';
import { serviceAccounts } from '../../packages/platform-outputs/src/service-accounts.ts';
import type { SemanticIndex } from '../../packages/semantic-index/src/index.ts';
import { alarmRules } from './alarms/alarm-rules.ts';
import { Alarms } from './alarms/alarms.ts';
import { Cluster, accountOf } from './cluster.ts';
import { dashboardBody } from './dashboard.ts';
import { Database, databaseUsers } from './database.ts';
import { EncryptionKey } from './encryption-key.ts';
import { Identities } from './identity/identities.ts';
import type { QueueArns } from './identity/policies.ts';
import { Images } from './images.ts';
import type { Names } from './names.ts';
import { Network } from './network/network.ts';
import { indexesOf } from './pinecone/indexes.ts';
import { ServerlessIndex } from './pinecone/serverless-index.ts';
import { Queues } from './queue/queues.ts';
import { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';

export interface Given {
  names: Names;
  settings: Settings;
  specs: readonly SemanticIndex[];
  /** Of the checkout that images are built from. */
  commit: string;
  masterPassword: pulumi.Output<string> | undefined;
}

/** What the steps of a deployment need to know besides the manifests. */
export interface Operations {
  masterUser: string;
  /** Where RDS keeps the master password; empty where the stack's configuration has it. */
  masterSecretArn: string;
  alarmsTopicArn: string;
}

/** Of the queues that an operator makes: they are there when it has made them, so only their pattern is known here. */
function indexQueueArns({ indexQueues }: Names, region: string, account: string): QueueArns {
  const arnOf = (name: string) => `arn:aws:sqs:${region}:${account}:${name}`;
  return {
    live: arnOf(indexQueues.live),
    dead: arnOf(indexQueues.dead),
    refresh: arnOf(indexQueues.refresh),
  };
}

/** The whole platform, part by part. */
export function buildPlatform(given: Given): {
  platform: pulumi.Output<PlatformOutputs>;
  operations: pulumi.Output<Operations>;
} {
  const { names, settings, specs } = given;
  const { region } = settings;
  const provider = new aws.Provider('aws', { region, defaultTags: { tags: names.tags } });
  const options = { providers: { aws: provider } };
  const accountId = accountOf(provider);

  const key = new EncryptionKey(names, accountId, options);
  const network = new Network(names, settings, options);
  const cluster = new Cluster(names, settings, { network, key }, options);
  const database = new Database(
    names,
    settings,
    { network, cluster, key },
    given.masterPassword,
    options,
  );
  const queues = new Queues(names, options);
  const secrets = new Secrets(names, settings, options);
  const images = new Images(
    names,
    { commit: given.commit, operator: settings.operator, expendable: !settings.protectData },
    options,
  );
  for (const index of indexesOf(specs)) {
    new ServerlessIndex(
      index.name,
      { ...index, region: settings.indexRegion, protectedFromDeletion: settings.protectData },
      { protect: settings.protectData },
    );
  }

  const databaseArns = pulumi
    .all([accountId, pulumi.all(database.resourceIds)])
    .apply(([account, ids]) => ids.map((id) => `arn:aws:rds-db:${region}:${account}:dbuser:${id}`));
  const arns = pulumi
    .all([
      accountId,
      queues.live.arn,
      queues.dead.arn,
      queues.refresh.arn,
      databaseArns,
      pulumi.all([secrets.openai, secrets.pinecone, ...(secrets.signIn ? [secrets.signIn] : [])]),
    ])
    .apply(([account, live, dead, refresh, all, named]) => ({
      queues: { live, dead, refresh },
      ...(settings.operator ? { indexQueues: indexQueueArns(names, region, account) } : {}),
      databases: { primary: all[0] ?? '', all },
      users: databaseUsers,
      secrets: named,
    }));
  new Identities(names, cluster.name, { arns, operator: settings.operator }, options);

  const watched = {
    queues: names.queues,
    database: {
      identifier: database.identifier,
      readers: database.readerIdentifiers,
      storageGiB: settings.database.storageGiB,
      maxConnections: settings.database.maxConnections,
    },
  };
  const alarms = new Alarms(
    names,
    alarmRules(watched),
    { accountId, key, email: settings.alarmEmail },
    options,
  );
  new aws.cloudwatch.Dashboard(
    'dashboard',
    { dashboardName: names.stack, dashboardBody: dashboardBody(watched, region) },
    { provider },
  );

  return {
    platform: pulumi.output({
      region,
      accountId,
      cluster: { name: cluster.name, namespace: serviceAccounts.pelican.namespace },
      database: {
        host: database.host,
        port: database.port,
        name: database.databaseName,
        readerHosts: database.readerHosts,
        users: databaseUsers,
      },
      queue: {
        url: queues.live.url,
        deadLetterUrl: queues.dead.url,
        refreshUrl: queues.refresh.url,
      },
      indexRegion: settings.indexRegion,
      images: images.references,
      secrets: {
        openai: secrets.openai,
        pinecone: secrets.pinecone,
        ...(secrets.signIn ? { signIn: secrets.signIn } : {}),
      },
      ...(settings.ingress ? { ingress: settings.ingress } : {}),
    }),
    operations: pulumi.output({
      masterUser: database.masterUser,
      masterSecretArn: database.masterSecretArn ?? '',
      alarmsTopicArn: alarms.topicArn,
    }),
  };
}
