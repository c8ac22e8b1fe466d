import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { Task } from '../constructs/task.ts';
import { inNamespace, type WorkerProps } from './chart-props.ts';
import { ownersTask } from './tasks.ts';

/** `aviary install` as the tables' owner: pelican waits until it is done. */
export class InstallChart extends Chart {
  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id, inNamespace(props));
    new Task(this, 'install', ownersTask(props, 'install'));
  }
}
