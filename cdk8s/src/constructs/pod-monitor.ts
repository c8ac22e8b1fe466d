import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { instanceOf, selectorOf } from './labels.ts';

/** Has Prometheus read /metrics of each of a workload's pods, with the name of its set, if it is in one, as the label `set`. */
export class PodMonitor extends Construct {
  constructor(scope: Construct, id: string, workload: string) {
    super(scope, id);
    new ApiObject(this, 'pod-monitor', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name: workload, labels: selectorOf(workload) },
      spec: {
        selector: { matchLabels: selectorOf(workload) },
        podMetricsEndpoints: [
          {
            port: 'admin',
            path: '/metrics',
            interval: '15s',
            relabelings: [{ sourceLabels: [podLabel(instanceOf)], targetLabel: 'set' }],
          },
        ],
      },
    });
  }
}

/** What Prometheus calls a label of a pod before a scrape. */
const podLabel = (name: string) => `__meta_kubernetes_pod_label_${name.replaceAll(/\W/g, '_')}`;
