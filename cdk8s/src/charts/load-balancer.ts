import { ApiObject, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { ingressClass } from '../constructs/load-balancer.ts';
import { clusterScoped } from './chart-props.ts';

/** How EKS Auto Mode makes the public load balancer; its certificate is named here, and nowhere else. */
export class LoadBalancerChart extends Chart {
  constructor(scope: Construct, id: string, { certificateArn }: { certificateArn: string }) {
    super(scope, id, clusterScoped);
    new ApiObject(this, 'parameters', {
      apiVersion: 'eks.amazonaws.com/v1',
      kind: 'IngressClassParams',
      metadata: { name: ingressClass },
      spec: { scheme: 'internet-facing', certificateARNs: [certificateArn] },
    });
    new k8s.KubeIngressClass(this, 'class', {
      metadata: { name: ingressClass },
      spec: {
        controller: 'eks.amazonaws.com/alb',
        parameters: {
          apiGroup: 'eks.amazonaws.com',
          kind: 'IngressClassParams',
          name: ingressClass,
        },
      },
    });
  }
}
