import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { PeriodicTask } from '../constructs/task.ts';
import { inNamespace, type WorkerProps } from './chart-props.ts';
import { auditTask } from './tasks.ts';

/** `aviary audit` by the clock: an independent word on whether the index can be believed. */
export class AuditChart extends Chart {
  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id, inNamespace(props));
    const { schedule, repair } = props.environment.audit;
    new PeriodicTask(this, 'audit', { ...auditTask(props, { repair }), schedule });
  }
}
