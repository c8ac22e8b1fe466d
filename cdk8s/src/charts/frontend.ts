import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { FrontendVariables } from '../../../services/frontend/server/config.ts';
import { CpuScaler } from '../constructs/cpu-scaler.ts';
import { podsInNamespace, podsOf } from '../constructs/labels.ts';
import { LoadBalancer } from '../constructs/load-balancer.ts';
import {
  keptSpecsMount,
  specsDigest,
  specsDirectory,
  specsMount,
} from '../constructs/semantic-indexes.ts';
import { Service, adminPort } from '../constructs/service.ts';
import { Workload } from '../constructs/workload.ts';
import { adminProbes } from '../pods/probes.ts';
import type { Variables } from '../pods/variables.ts';
import { inNamespace, type ChartProps } from './chart-props.ts';
import { graceSeconds, serviceVariables } from './service-settings.ts';

const port = 8080;

/** The page and its API. */
export class FrontendChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id, inNamespace(props));
    const { environment, platform } = props;
    const { database, queue, sqs, index, embedding, images, reach, ingress } = platform;
    const { frontend, networks, neighbours } = environment;
    const variables: Variables<FrontendVariables> = {
      ...serviceVariables,
      ...database.variables.frontend,
      ...sqs,
      ...index,
      ...embedding,
      ...platform.page,
      PORT: String(port),
      SPECS: specsDirectory,
      QUEUE_URL: queue.url,
      DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
      REFRESH_QUEUE_URL: queue.refreshUrl,
      WORKERS: ['pelican', 'emu'].map((name) => `http://${name}-admin:${adminPort}`).join(),
    };
    const clients = networks.clients.map((cidr) => ({ ipBlock: { cidr } }));
    new Workload(this, 'frontend', {
      name: 'frontend',
      image: images.frontend,
      rollout: { surge: 1, unavailable: 0, minReadySeconds: frontend.handoverSeconds },
      ...(!environment.operator && { annotations: specsDigest(environment.indexes) }),
      variables,
      ports: { http: port, admin: adminPort },
      mounts: [environment.operator ? keptSpecsMount : specsMount(), ...database.mounts],
      resources: frontend.resources,
      probes: {
        ...adminProbes,
        // It answers until all who balance load have learned that it goes.
        lifecycle: { preStop: { exec: { command: ['sleep', String(frontend.handoverSeconds)] } } },
      },
      graceSeconds: frontend.handoverSeconds + graceSeconds,
      from: [
        { peers: clients, ports: [port] },
        // The load balancer asks whether it is ready.
        { peers: [podsInNamespace(neighbours.monitoring), ...clients], ports: [adminPort] },
      ],
      to: [
        ...reach.database,
        ...reach.queue,
        ...reach.index,
        ...reach.embedding,
        ...reach.signIn,
        { peers: [podsOf('pelican', 'emu')], ports: [adminPort] },
      ],
    });
    new Service(this, 'service', { name: 'frontend', port: 80, targetPort: 'http' });
    new CpuScaler(this, 'scaler', { name: 'frontend', ...frontend });
    if (ingress) new LoadBalancer(this, 'load-balancer', { service: 'frontend', ...ingress });
  }
}
