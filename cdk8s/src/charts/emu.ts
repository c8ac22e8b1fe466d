import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { EmuVariables } from '../../../services/emu/src/config.ts';
import type { Ways } from '../constructs/access.ts';
import { BacklogScaler } from '../constructs/backlog-scaler.ts';
import { objectName } from '../constructs/labels.ts';
import { specsDigest, specsDirectory, specsMount } from '../constructs/semantic-indexes.ts';
import { AdminService, adminPort } from '../constructs/service.ts';
import { Workload } from '../constructs/workload.ts';
import { adminProbes } from '../pods/probes.ts';
import type { Variables } from '../pods/variables.ts';
import { inNamespace, type WorkerProps } from './chart-props.ts';
import { graceSeconds, serviceVariables, workerReaders } from './service-settings.ts';

/** Embeds and writes to the index, in as many pods as the backlog asks for. */
export class EmuChart extends Chart {
  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id, inNamespace(props));
    const { environment, platform, set } = props;
    const { queue, sqs, index, embedding, images } = platform;
    const variables: Variables<EmuVariables> = {
      ...serviceVariables,
      ...sqs,
      ...index,
      PINECONE_REGION: platform.indexRegion,
      ...embedding,
      SPECS: specsDirectory,
      QUEUE_URL: queue.url,
      DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
      REFRESH_QUEUE_URL: queue.refreshUrl,
    };
    new Workload(this, 'emu', {
      name: 'emu',
      set: set?.name,
      image: images.emu,
      rollout: { surge: '25%', unavailable: '25%' },
      annotations: specsDigest(environment.indexes),
      variables,
      ports: { admin: adminPort },
      mounts: [specsMount(set?.name)],
      resources: environment.emu.resources,
      probes: adminProbes,
      graceSeconds,
      ...emuWays(props),
    });
    new AdminService(this, 'admin', 'emu', set?.name);
    new BacklogScaler(this, 'scaler', {
      name: objectName('emu', set?.name),
      isPaused: set?.isPaused ?? false,
      scaling: environment.emu,
      region: platform.region,
      queueUrl: queue.url,
      reader: platform.queueReader,
    });
  }
}

export const emuWays = ({ environment, platform: { reach } }: WorkerProps): Ways => ({
  from: workerReaders(environment),
  to: [...reach.queue, ...reach.index, ...reach.embedding],
});
