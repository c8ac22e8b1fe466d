import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from './names.ts';

/** The stack's own key, rotated each year: of the database, its backups, the cluster's secrets and the alarms. */
export class EncryptionKey extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(
    names: Names,
    accountId: pulumi.Input<string>,
    options: pulumi.ComponentResourceOptions,
  ) {
    super('aviary:infra:EncryptionKey', 'encryption-key', {}, options);
    const key = new aws.kms.Key(
      'key',
      {
        description: `${names.stack}: database, cluster secrets, alarms`,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        policy: pulumi.output(accountId).apply((account) => JSON.stringify(keyPolicy(account))),
      },
      { parent: this },
    );
    new aws.kms.Alias(
      'key',
      { name: `alias/${names.stack}`, targetKeyId: key.id },
      { parent: this },
    );
    this.arn = key.arn;
    this.registerOutputs();
  }
}

/** A key's policy names no key but its own, as "*". */
function keyPolicy(account: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AccountByItsIamPolicies',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
      {
        Sid: 'AlarmsToTheirTopic',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceAccount': account } },
      },
    ],
  };
}
