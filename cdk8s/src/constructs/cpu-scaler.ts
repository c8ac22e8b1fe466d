import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

export interface CpuScalerProps {
  /** Of the Deployment, and of this. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Of the requested CPU, in percent. */
  readonly cpuPercent: number;
}

/** Pods by CPU: up at once, down after five quiet minutes. */
export class CpuScaler extends Construct {
  constructor(scope: Construct, id: string, { name, min, max, cpuPercent }: CpuScalerProps) {
    super(scope, id);
    new k8s.KubeHorizontalPodAutoscalerV2(this, 'autoscaler', {
      metadata: { name },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: min,
        maxReplicas: max,
        metrics: [
          {
            type: 'Resource',
            resource: {
              name: 'cpu',
              target: { type: 'Utilization', averageUtilization: cpuPercent },
            },
          },
        ],
        behavior: {
          scaleUp: { stabilizationWindowSeconds: 0 },
          scaleDown: {
            stabilizationWindowSeconds: 300,
            policies: [{ type: 'Percent', value: 25, periodSeconds: 60 }],
          },
        },
      },
    });
  }
}
