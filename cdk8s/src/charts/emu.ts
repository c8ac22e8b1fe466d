import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { EmuVariables } from '../../../services/emu/src/config.ts';
import { BacklogScaler } from '../constructs/backlog-scaler.ts';
import { specsDigest, specsDirectory, specsMount } from '../constructs/semantic-indexes.ts';
import { AdminService, adminPort } from '../constructs/service.ts';
import { Workload } from '../constructs/workload.ts';
import { adminProbes } from '../pods/probes.ts';
import type { Variables } from '../pods/variables.ts';
import { inNamespace, type ChartProps } from './chart-props.ts';
import { graceSeconds, serviceVariables, workerReaders } from './service-settings.ts';

/** Embeds and writes to the index, in as many pods as the backlog asks for. */
export class EmuChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id, inNamespace(props));
    const { environment, platform } = props;
    const { queue, sqs, index, embedding, images, reach } = platform;
    const variables: Variables<EmuVariables> = {
      ...serviceVariables,
      ...sqs,
      ...index,
      ...embedding,
      SPECS: specsDirectory,
      QUEUE_URL: queue.url,
      DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
      REFRESH_QUEUE_URL: queue.refreshUrl,
    };
    new Workload(this, 'emu', {
      name: 'emu',
      image: images.emu,
      rollout: { surge: '25%', unavailable: '25%' },
      annotations: specsDigest(environment.indexes),
      variables,
      ports: { admin: adminPort },
      mounts: [specsMount],
      resources: environment.emu.resources,
      probes: adminProbes,
      graceSeconds,
      from: workerReaders(environment),
      to: [...reach.queue, ...reach.index, ...reach.embedding],
    });
    new AdminService(this, 'admin', 'emu');
    new BacklogScaler(this, 'scaler', {
      name: 'emu',
      scaling: environment.emu,
      region: platform.region,
      queueUrl: queue.url,
      reader: platform.queueReader,
    });
  }
}
