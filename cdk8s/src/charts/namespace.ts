import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { DefaultDeny } from '../constructs/access.ts';
import { clusterScoped, type ChartProps } from './chart-props.ts';

/** The namespace, under Pod Security's profile "restricted". */
export class NamespaceChart extends Chart {
  constructor(scope: Construct, id: string, { environment }: ChartProps) {
    super(scope, id, clusterScoped);
    const { namespace } = environment;
    new k8s.KubeNamespace(this, 'namespace', {
      metadata: {
        name: namespace,
        labels: Object.fromEntries(
          ['enforce', 'audit', 'warn'].map((mode) => [
            `pod-security.kubernetes.io/${mode}`,
            'restricted',
          ]),
        ),
      },
    });
    new DefaultDeny(this, 'default-deny', namespace);
  }
}
