import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { EncryptionKey } from '../encryption-key.ts';
import type { Names } from '../names.ts';
import type { AlarmRule } from './alarm-rules.ts';

/** A topic, who hears of it, and the alarms that publish to it. */
export class Alarms extends pulumi.ComponentResource {
  readonly topicArn: pulumi.Output<string>;

  constructor(
    names: Names,
    rules: readonly AlarmRule[],
    to: { accountId: pulumi.Output<string>; key: EncryptionKey; email: string | undefined },
    options: pulumi.ComponentResourceOptions,
  ) {
    super('aviary:infra:Alarms', 'alarms', {}, options);
    const parent = { parent: this };
    const topic = new aws.sns.Topic(
      'alarms',
      { name: names.of('alarms'), kmsMasterKeyId: to.key.arn },
      parent,
    );
    new aws.sns.TopicPolicy(
      'alarms',
      {
        arn: topic.arn,
        policy: pulumi
          .all([topic.arn, to.accountId])
          .apply(([arn, account]) => JSON.stringify(topicPolicy(arn, account))),
      },
      parent,
    );
    if (to.email !== undefined) {
      new aws.sns.TopicSubscription(
        'email',
        { topic: topic.arn, protocol: 'email', endpoint: to.email },
        parent,
      );
    }
    for (const rule of rules) {
      new aws.cloudwatch.MetricAlarm(
        rule.name,
        {
          name: names.of(rule.name),
          alarmDescription: `${rule.description} See docs/troubleshooting.md#aws-${rule.name.replace(/-\d+$/, '')}`,
          namespace: rule.namespace,
          metricName: rule.metric,
          dimensions: rule.dimensions,
          statistic: rule.statistic,
          comparisonOperator: rule.comparison,
          threshold: rule.threshold,
          period: rule.periodSeconds,
          evaluationPeriods: rule.periods,
          // SQS reports nothing of a queue that has been empty for hours.
          treatMissingData: rule.namespace === 'AWS/SQS' ? 'notBreaching' : 'missing',
          alarmActions: [topic.arn],
          okActions: [topic.arn],
        },
        parent,
      );
    }
    this.topicArn = topic.arn;
    this.registerOutputs();
  }
}

const topicPolicy = (arn: string, account: string) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'AlarmsOfThisAccount',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: arn,
      Condition: { StringEquals: { 'aws:SourceAccount': account } },
    },
    {
      Sid: 'OnlyOverTls',
      Effect: 'Deny',
      Principal: '*',
      Action: 'sns:Publish',
      Resource: arn,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  ],
});
