/** A CloudWatch alarm: `metric` of `dimensions` compared with `threshold` over `periods` of `periodSeconds`. */
export interface AlarmRule {
  name: string;
  /** What it means, and where it is said what to do. */
  description: string;
  namespace: 'AWS/SQS' | 'AWS/RDS';
  metric: string;
  dimensions: Record<string, string>;
  statistic: 'Maximum' | 'Minimum' | 'Average';
  comparison: 'GreaterThanThreshold' | 'LessThanThreshold';
  threshold: number;
  periodSeconds: number;
  periods: number;
}

export interface Watched {
  queues: { live: string; dead: string; refresh: string };
  database: {
    identifier: string;
    readers: readonly string[];
    storageGiB: number;
    maxConnections: number;
  };
}

const gibibyte = 2 ** 30;

/** What a person is woken by. Prometheus alerts on what the services know of themselves; this is what AWS alone sees. */
export function alarmRules({ queues, database }: Watched): AlarmRule[] {
  const queue = (name: string) => ({
    namespace: 'AWS/SQS' as const,
    dimensions: { QueueName: name },
    statistic: 'Maximum' as const,
    comparison: 'GreaterThanThreshold' as const,
    periodSeconds: 60,
  });
  const rds = (identifier: string) => ({
    namespace: 'AWS/RDS' as const,
    dimensions: { DBInstanceIdentifier: identifier },
    statistic: 'Average' as const,
    comparison: 'GreaterThanThreshold' as const,
    periodSeconds: 300,
  });
  const rules: AlarmRule[] = [
    {
      ...queue(queues.dead),
      name: 'dead-letters',
      description: 'Changes could not be brought into the index.',
      metric: 'ApproximateNumberOfMessagesVisible',
      threshold: 0,
      periods: 1,
    },
    {
      ...queue(queues.live),
      name: 'oldest-message',
      description: 'A change has waited for emu for more than 5 minutes.',
      metric: 'ApproximateAgeOfOldestMessage',
      threshold: 300,
      periods: 3,
    },
    {
      ...queue(queues.live),
      name: 'backlog',
      // SQS looks for deliverable groups in the first 120,000 messages of a FIFO queue.
      description: 'So much waits that SQS will soon no longer see all rows at once.',
      metric: 'ApproximateNumberOfMessagesVisible',
      threshold: 100_000,
      periods: 10,
    },
    {
      ...queue(queues.refresh),
      name: 'refresh-waiting',
      description:
        'Rows asked for have not been read anew for 15 minutes: no pelican takes requests.',
      metric: 'ApproximateAgeOfOldestMessage',
      threshold: 900,
      periods: 3,
    },
    {
      ...rds(database.identifier),
      name: 'database-storage',
      description: 'The database is nearly full, and its storage has not grown by itself.',
      metric: 'FreeStorageSpace',
      statistic: 'Minimum',
      comparison: 'LessThanThreshold',
      // RDS grows storage below a tenth; half of that says that it did not.
      threshold: Math.round(database.storageGiB * gibibyte * 0.05),
      periods: 2,
    },
    {
      ...rds(database.identifier),
      name: 'database-cpu',
      description: "The database's processors have been busy for 15 minutes.",
      metric: 'CPUUtilization',
      threshold: 80,
      periods: 3,
    },
    {
      ...rds(database.identifier),
      name: 'database-connections',
      description: 'Four fifths of the connections are taken.',
      metric: 'DatabaseConnections',
      statistic: 'Maximum',
      threshold: Math.floor(database.maxConnections * 0.8),
      periods: 2,
    },
  ];
  for (const reader of database.readers) {
    rules.push({
      ...rds(reader),
      name: `replica-lag-${reader.split('-').at(-1) ?? reader}`,
      description: 'A read replica is more than 30 s behind.',
      metric: 'ReplicaLag',
      threshold: 30,
      periods: 2,
    });
  }
  return rules;
}
