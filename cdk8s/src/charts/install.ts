import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { specsDirectory, specsMount } from '../constructs/semantic-indexes.ts';
import { Task } from '../constructs/task.ts';
import type { Variables } from '../pods/variables.ts';
import type { InstallVariables } from '../../../services/pelican/src/cli/install.ts';
import { inNamespace, type ChartProps } from './chart-props.ts';

/** `aviary install` as the tables' owner: pelican waits until it is done. */
export class InstallChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id, inNamespace(props));
    const { platform } = props;
    const variables: Variables<InstallVariables> = {
      ...platform.database.variables.owner,
      SPECS: specsDirectory,
    };
    new Task(this, 'install', {
      name: 'install',
      image: platform.images.pelican,
      command: ['node', 'services/pelican/src/cli/main.ts', 'install'],
      variables,
      mounts: [specsMount, ...platform.database.mounts],
      resources: { cpu: { request: '100m', limit: '1' }, memory: '256Mi' },
      to: platform.reach.database,
      retries: platform.database.retries,
      // Mostly seconds; a keyword index over a large table takes its time.
      deadlineSeconds: 3_600,
    });
  }
}
