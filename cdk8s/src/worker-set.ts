import { App, Chart } from 'cdk8s';
import { AuditChart } from './charts/audit.ts';
import { inNamespace, type WorkerProps } from './charts/chart-props.ts';
import { EmuChart } from './charts/emu.ts';
import { PelicanChart } from './charts/pelican.ts';
import { auditTask, dropRecordsTask, ownersTask } from './charts/tasks.ts';
import { SemanticIndexes } from './constructs/semantic-indexes.ts';
import { Task } from './constructs/task.ts';

/** An object of Kubernetes as plain data. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Of one SemanticIndex. */
export type WorkerSetProps = WorkerProps & Required<Pick<WorkerProps, 'set'>>;

const objectsOf = (chart: Chart) => chart.toJson() as KubernetesObject[];

/** The ConfigMap that a set's pods read their spec from. */
export function specConfigMap(props: WorkerSetProps): KubernetesObject {
  const chart = new Chart(new App(), 'specs', inNamespace(props));
  new SemanticIndexes(chart, 'specs', props.environment.indexes, props.set.name);
  const [configMap] = objectsOf(chart);
  if (configMap === undefined) throw new Error('A chart with a ConfigMap came out empty.');
  return configMap;
}

/** Its workers and what scales them. */
export const workers = (props: WorkerSetProps): KubernetesObject[] => [
  ...objectsOf(new PelicanChart(new App(), 'pelican', props)),
  ...objectsOf(new EmuChart(new App(), 'emu', props)),
];

/** Its audit by the clock. */
export const periodicAudit = (props: WorkerSetProps): KubernetesObject[] =>
  objectsOf(new AuditChart(new App(), 'audit', props));

/** What is done once, by the `aviary` command. */
export type OneTask =
  | { readonly task: 'install' | 'uninstall' | 'audit' | 'drop-records' }
  | {
      readonly task: 'backfill';
      /** From the first row, also where one is under way. */
      readonly restart: boolean;
      readonly rowsPerSecond: number | undefined;
    };

/** A Job of its own name, since a Job cannot be changed. */
export function oneTask(props: WorkerSetProps, one: OneTask, jobName: string): KubernetesObject {
  const chart = new Chart(new App(), 'task', inNamespace(props));
  new Task(chart, 'task', { ...taskOf(props, one), jobName });
  const [job] = objectsOf(chart);
  if (job === undefined) throw new Error('A chart with a Job came out empty.');
  return job;
}

function taskOf(props: WorkerSetProps, one: OneTask) {
  switch (one.task) {
    case 'audit':
      return auditTask(props, { repair: true, mostExamples: 1 });
    case 'drop-records':
      return dropRecordsTask(props);
    case 'install':
      return ownersTask(props, 'install');
    case 'uninstall':
      return ownersTask(props, 'uninstall', props.set.name);
    case 'backfill': {
      const { restart, rowsPerSecond: most } = one;
      const rate = most === undefined ? [] : ['--rate', String(most)];
      return ownersTask(props, 'backfill', '--detach', ...(restart ? ['--restart'] : []), ...rate);
    }
  }
}
