import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { objectName, selectorOf } from './labels.ts';

export interface ServiceProps {
  readonly name: string;
  /** Of the pods; the service's own name when absent. */
  readonly workload?: string;
  readonly port: number;
  /** Name of the container's port. */
  readonly targetPort: string;
}

/** One address before a workload's ready pods. */
export class Service extends Construct {
  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id);
    new k8s.KubeService(this, 'service', {
      metadata: { name: props.name, labels: selectorOf(props.workload ?? props.name) },
      spec: {
        selector: selectorOf(props.workload ?? props.name),
        ports: [portOf(props)],
      },
    });
  }
}

/** A name that DNS answers with the addresses of all pods, ready or not: so the page counts and asks each of them. */
export class AdminService extends Construct {
  /** @param set of workers, whose pods it names; those of all sets when absent */
  constructor(scope: Construct, id: string, workload: string, set?: string) {
    super(scope, id);
    const labels = selectorOf(workload, set);
    new k8s.KubeService(this, 'service', {
      metadata: { name: `${objectName(workload, set)}-admin`, labels },
      spec: {
        clusterIp: 'None',
        publishNotReadyAddresses: true,
        selector: labels,
        ports: [portOf({ port: adminPort, targetPort: 'admin' })],
      },
    });
  }
}

/** /livez, /readyz, /metrics and /status of every service. */
export const adminPort = 9090;

const portOf = ({
  port,
  targetPort,
}: Pick<ServiceProps, 'port' | 'targetPort'>): k8s.ServicePort => ({
  name: targetPort,
  port,
  targetPort: k8s.IntOrString.fromString(targetPort),
});
