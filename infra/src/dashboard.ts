import type { Watched } from './alarms/alarm-rules.ts';

interface Widget {
  title: string;
  namespace: string;
  metrics: [metric: string, dimensionValue: string, label: string][];
  statistic: 'Maximum' | 'Sum' | 'Average' | 'Minimum';
}

const columns = 2;
const width = 24 / columns;
const height = 6;

/** The dashboard in CloudWatch: what AWS alone sees, for the day when the cluster's own dashboard is away. */
export function dashboardBody(watched: Watched, region: string): string {
  return JSON.stringify({
    widgets: widgetsOf(watched).map(({ title, namespace, metrics, statistic }, position) => ({
      type: 'metric',
      x: (position % columns) * width,
      y: Math.floor(position / columns) * height,
      width,
      height,
      properties: {
        title,
        region,
        stat: statistic,
        period: 60,
        view: 'timeSeries',
        yAxis: { left: { min: 0 } },
        metrics: metrics.map(([metric, value, label]) => [
          namespace,
          metric,
          namespace === 'AWS/SQS' ? 'QueueName' : 'DBInstanceIdentifier',
          value,
          { label },
        ]),
      },
    })),
  });
}

function widgetsOf({ queues, database }: Watched): Widget[] {
  const { live, dead, refresh } = queues;
  const { identifier, readers } = database;
  const sqs = 'AWS/SQS';
  const rds = 'AWS/RDS';
  return [
    {
      title: 'Changes that wait, and are being worked on',
      namespace: sqs,
      statistic: 'Maximum',
      metrics: [
        ['ApproximateNumberOfMessagesVisible', live, 'waiting'],
        ['ApproximateNumberOfMessagesNotVisible', live, 'in work'],
      ],
    },
    {
      title: 'Age of the oldest, in seconds',
      namespace: sqs,
      statistic: 'Maximum',
      metrics: [
        ['ApproximateAgeOfOldestMessage', live, 'change'],
        ['ApproximateAgeOfOldestMessage', refresh, 'request to read anew'],
      ],
    },
    {
      title: 'Changes a minute',
      namespace: sqs,
      statistic: 'Sum',
      metrics: [
        ['NumberOfMessagesSent', live, 'by pelican'],
        ['NumberOfMessagesDeleted', live, 'done by emu'],
      ],
    },
    {
      title: 'Dead letters',
      namespace: sqs,
      statistic: 'Maximum',
      metrics: [['ApproximateNumberOfMessagesVisible', dead, 'letters']],
    },
    {
      title: "The database's processors, in percent",
      namespace: rds,
      statistic: 'Average',
      metrics: [identifier, ...readers].map((id) => ['CPUUtilization', id, id]),
    },
    {
      title: 'Connections',
      namespace: rds,
      statistic: 'Maximum',
      metrics: [identifier, ...readers].map((id) => ['DatabaseConnections', id, id]),
    },
    {
      title: 'Free storage, in bytes',
      namespace: rds,
      statistic: 'Minimum',
      metrics: [['FreeStorageSpace', identifier, identifier]],
    },
    {
      title: 'Time of a read and a write, in seconds',
      namespace: rds,
      statistic: 'Average',
      metrics: [
        ['ReadLatency', identifier, 'read'],
        ['WriteLatency', identifier, 'write'],
      ],
    },
  ];
}
