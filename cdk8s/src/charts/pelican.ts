import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { PelicanVariables } from '../../../services/pelican/src/config.ts';
import { specsDigest, specsDirectory, specsMount } from '../constructs/semantic-indexes.ts';
import { AdminService, adminPort } from '../constructs/service.ts';
import { Workload } from '../constructs/workload.ts';
import { adminProbes } from '../pods/probes.ts';
import type { Variables } from '../pods/variables.ts';
import { inNamespace, type ChartProps } from './chart-props.ts';
import { graceSeconds, serviceVariables, workerReaders } from './service-settings.ts';

/** Reads changes and sends them. */
export class PelicanChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id, inNamespace(props));
    const { environment, platform } = props;
    const { database, queue, sqs, index, images, reach } = platform;
    const variables: Variables<PelicanVariables> = {
      ...serviceVariables,
      ...database.variables.pelican,
      ...sqs,
      ...index,
      SPECS: specsDirectory,
      QUEUE_URL: queue.url,
      DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
      REFRESH_QUEUE_URL: queue.refreshUrl,
    };
    new Workload(this, 'pelican', {
      name: 'pelican',
      image: images.pelican,
      replicas: environment.pelican.replicas,
      rollout: { surge: 1, unavailable: 0 },
      annotations: specsDigest(environment.indexes),
      variables,
      ports: { admin: adminPort },
      mounts: [specsMount, ...database.mounts],
      resources: environment.pelican.resources,
      probes: adminProbes,
      graceSeconds,
      from: workerReaders(environment),
      to: [...reach.database, ...reach.queue, ...reach.index],
    });
    new AdminService(this, 'admin', 'pelican');
  }
}
