import type { ChartProps as Cdk8sChartProps } from 'cdk8s';
import type { Environment } from '../environment/schema.ts';
import type { Platform, WorkerPlatform } from '../platform/platform.ts';

/** What every chart is a pure function of. */
export interface ChartProps {
  readonly environment: Environment;
  readonly platform: Platform;
}

/** What charts of workers are, so much of it as an operator is told. */
export interface WorkerProps {
  readonly environment: Pick<
    Environment,
    'namespace' | 'operator' | 'indexes' | 'pelican' | 'emu' | 'audit' | 'neighbours'
  >;
  readonly platform: WorkerPlatform;
  /** The set of workers that charts are of, where each SemanticIndex has its own; absent for one set for all. */
  readonly set?: WorkerSet;
}

/** One SemanticIndex's workers: the only one of the environment that they are given. */
export interface WorkerSet {
  /** Behind the names of all that is its own. */
  readonly name: string;
  /** No workers at all for now. */
  readonly isPaused: boolean;
}

/** Fixed names: Pod Identity's bindings, KEDA's references and the page's addresses name them. */
export const clusterScoped: Cdk8sChartProps = {
  disableResourceNameHashes: true,
  labels: { 'app.kubernetes.io/part-of': 'aviary' },
};

export const inNamespace = ({
  environment,
}: {
  readonly environment: Pick<Environment, 'namespace'>;
}): Cdk8sChartProps => ({
  ...clusterScoped,
  namespace: environment.namespace,
});
