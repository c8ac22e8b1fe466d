import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { PelicanVariables } from '../../../services/pelican/src/config.ts';
import { specsDigest, specsDirectory, specsMount } from '../constructs/semantic-indexes.ts';
import { AdminService, adminPort } from '../constructs/service.ts';
import type { Ways } from '../constructs/access.ts';
import { Workload } from '../constructs/workload.ts';
import { adminProbes } from '../pods/probes.ts';
import type { Variables } from '../pods/variables.ts';
import { inNamespace, type WorkerProps } from './chart-props.ts';
import { graceSeconds, serviceVariables, workerReaders } from './service-settings.ts';

/** Reads changes and sends them. */
export class PelicanChart extends Chart {
  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id, inNamespace(props));
    const { environment, platform, set } = props;
    const { database, queue, sqs, index, images } = platform;
    const variables: Variables<PelicanVariables> = {
      ...serviceVariables,
      ...database.variables.pelican,
      ...sqs,
      ...index,
      PINECONE_REGION: platform.indexRegion,
      SPECS: specsDirectory,
      QUEUE_URL: queue.url,
      DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
      REFRESH_QUEUE_URL: queue.refreshUrl,
    };
    new Workload(this, 'pelican', {
      name: 'pelican',
      set: set?.name,
      image: images.pelican,
      replicas: set?.isPaused ? 0 : environment.pelican.replicas,
      rollout: { surge: 1, unavailable: 0 },
      annotations: specsDigest(environment.indexes),
      variables,
      ports: { admin: adminPort },
      mounts: [specsMount(set?.name), ...database.mounts],
      resources: environment.pelican.resources,
      probes: adminProbes,
      graceSeconds,
      ...pelicanWays(props),
    });
    new AdminService(this, 'admin', 'pelican', set?.name);
  }
}

export const pelicanWays = ({ environment, platform: { reach } }: WorkerProps): Ways => ({
  from: workerReaders(environment),
  to: [...reach.database, ...reach.queue, ...reach.index],
});
