import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { SemanticIndexes } from '../constructs/semantic-indexes.ts';
import { inNamespace, type ChartProps } from './chart-props.ts';

/** What the services read when they start: the specs, and where they are made, secrets. */
export class SettingsChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id, inNamespace(props));
    const { operator, indexes } = props.environment;
    // The operator's, and not to be emptied by applying this again.
    if (!operator) new SemanticIndexes(this, 'specs', indexes);
    props.platform.addSecrets(this);
  }
}
