import { Construct } from 'constructs';
import type { Mount } from '../pods/mount.ts';
import { portProbes } from '../pods/probes.ts';
import type { VariableSource } from '../pods/variables.ts';
import { podsInNamespace, podsOf } from './labels.ts';
import { Service } from './service.ts';
import { Workload } from './workload.ts';

export interface StandInProps {
  readonly name: string;
  readonly port: number;
  readonly image: string;
  readonly command?: readonly string[];
  readonly variables?: Readonly<Record<string, VariableSource>>;
  readonly mounts?: readonly Mount[];
  readonly user?: number;
  readonly memory: string;
  readonly disk?: string;
  /** Workloads that call it. */
  readonly clients: readonly string[];
  /** Namespaces that call it too. */
  readonly neighbours?: readonly string[];
}

/** One pod that serves a protocol, and its address. What it holds ends with it, so there are never two. */
export class StandIn extends Construct {
  constructor(scope: Construct, id: string, props: StandInProps) {
    super(scope, id);
    const { name, port, clients, neighbours = [] } = props;
    new Workload(this, 'workload', {
      name,
      image: props.image,
      command: props.command,
      replicas: 1,
      rollout: 'recreate',
      variables: props.variables ?? {},
      ports: { [name]: port },
      mounts: props.mounts,
      user: props.user,
      disk: props.disk,
      resources: { cpu: { request: '50m', limit: '2' }, memory: props.memory },
      probes: portProbes(name),
      graceSeconds: 30,
      from: [{ peers: [podsOf(...clients), ...neighbours.map(podsInNamespace)], ports: [port] }],
    });
    new Service(this, 'service', { name, port, targetPort: name });
  }
}
