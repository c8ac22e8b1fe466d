import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { AuditVariables } from '../../../services/pelican/src/cli/audit.ts';
import { specsDirectory, specsMount } from '../constructs/semantic-indexes.ts';
import { PeriodicTask } from '../constructs/task.ts';
import type { Variables } from '../pods/variables.ts';
import { inNamespace, type ChartProps } from './chart-props.ts';

/** `aviary audit` by the clock, as pelican: an independent word on whether the index can be believed. */
export class AuditChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id, inNamespace(props));
    const { environment, platform } = props;
    const { database, queue, sqs, index, images, reach } = platform;
    const { schedule, repair } = environment.audit;
    const variables: Variables<AuditVariables> = {
      ...database.variables.pelican,
      ...sqs,
      ...index,
      SPECS: specsDirectory,
      QUEUE_URL: queue.url,
      REFRESH_QUEUE_URL: queue.refreshUrl,
    };
    new PeriodicTask(this, 'audit', {
      name: 'audit',
      schedule,
      // Whose AWS role and database user it has.
      serviceAccount: 'pelican',
      image: images.pelican,
      command: [
        ...['node', 'services/pelican/src/cli/main.ts', 'audit', '--json'],
        ...(repair ? ['--repair'] : []),
      ],
      variables,
      mounts: [specsMount, ...database.mounts],
      resources: { cpu: { request: '100m', limit: '1' }, memory: '512Mi' },
      to: [...reach.database, ...reach.queue, ...reach.index],
      // A difference is an answer, and asking again at once gives no better one.
      retries: 0,
      deadlineSeconds: 3_600,
    });
  }
}
