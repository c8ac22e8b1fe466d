import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { selectorOf } from './labels.ts';

/** Has Prometheus read /metrics of each of a workload's pods. */
export class PodMonitor extends Construct {
  constructor(scope: Construct, id: string, workload: string) {
    super(scope, id);
    new ApiObject(this, 'pod-monitor', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name: workload, labels: selectorOf(workload) },
      spec: {
        selector: { matchLabels: selectorOf(workload) },
        podMetricsEndpoints: [{ port: 'admin', path: '/metrics', interval: '15s' }],
      },
    });
  }
}
