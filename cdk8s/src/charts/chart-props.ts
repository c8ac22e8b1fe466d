import type { ChartProps as Cdk8sChartProps } from 'cdk8s';
import type { Environment } from '../environment/schema.ts';
import type { Platform } from '../platform/platform.ts';

/** What every chart is a pure function of. */
export interface ChartProps {
  readonly environment: Environment;
  readonly platform: Platform;
}

/** Fixed names: Pod Identity's bindings, KEDA's references and the page's addresses name them. */
export const clusterScoped: Cdk8sChartProps = {
  disableResourceNameHashes: true,
  labels: { 'app.kubernetes.io/part-of': 'aviary' },
};

export const inNamespace = ({ environment }: ChartProps): Cdk8sChartProps => ({
  ...clusterScoped,
  namespace: environment.namespace,
});
