import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { PodMonitor } from '../constructs/pod-monitor.ts';
import { inNamespace, type ChartProps } from './chart-props.ts';

/** For Prometheus' operator, where there is one: the only chart that needs it. */
export class MonitoringChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id, inNamespace(props));
    const workloads = ['pelican', 'emu', 'frontend'];
    if (props.environment.operator) workloads.push('operator');
    for (const workload of workloads) new PodMonitor(this, workload, workload);
  }
}
