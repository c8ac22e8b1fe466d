import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { selectorOf } from './labels.ts';

/** A way in or out: with whom, and by which ports. */
export interface Way {
  readonly peers: readonly k8s.NetworkPolicyPeer[];
  readonly ports: readonly number[];
}

/** Ways in and out. */
export interface Ways {
  readonly from?: readonly Way[] | undefined;
  readonly to?: readonly Way[] | undefined;
}

export interface AccessProps extends Ways {
  readonly name: string;
}

/** Lets a workload's pods be reached, and reach others: what is not named stays denied, but for DNS. */
export class Access extends Construct {
  constructor(scope: Construct, id: string, { name, from = [], to = [] }: AccessProps) {
    super(scope, id);
    new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name },
      spec: {
        podSelector: { matchLabels: selectorOf(name) },
        policyTypes: ['Ingress', 'Egress'],
        ingress: distinct(from).map(({ peers, ports }) => ({
          from: [...peers],
          ports: ports.map(tcp),
        })),
        egress: [
          dns,
          ...distinct(to).map(({ peers, ports }) => ({ to: [...peers], ports: ports.map(tcp) })),
        ],
      },
    });
  }
}

/** Denies all that no other policy allows, in and out, to each pod of the namespace. */
export class DefaultDeny extends Construct {
  constructor(scope: Construct, id: string, namespace: string) {
    super(scope, id);
    new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name: 'default-deny', namespace },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }
}

/** Two capabilities may need the same way. */
const distinct = (ways: readonly Way[]) => [
  ...new Map(ways.map((way) => [JSON.stringify(way), way])).values(),
];

const tcp = (port: number): k8s.NetworkPolicyPort => ({
  port: k8s.IntOrString.fromNumber(port),
  protocol: 'TCP',
});

/** Wherever it runs: EKS Auto Mode has it on each node, others in kube-system. */
const dns: k8s.NetworkPolicyEgressRule = {
  ports: ['UDP', 'TCP'].map((protocol) => ({ port: k8s.IntOrString.fromNumber(53), protocol })),
};
