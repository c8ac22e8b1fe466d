import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { restrictedPod, type RestrictedPodProps } from '../pods/restricted-pod.ts';
import { Access, type Way } from './access.ts';
import { objectName, selectorOf } from './labels.ts';
import { ServiceAccount } from './service-account.ts';

export interface TaskProps extends Omit<
  RestrictedPodProps,
  'restartPolicy' | 'topologySpreadConstraints' | 'probes' | 'graceSeconds'
> {
  /** The set of workers that it serves; what all sets share is then made elsewhere. */
  readonly set?: string | undefined;
  readonly to: readonly Way[];
  /** Longest run, all tries together. */
  readonly deadlineSeconds: number;
  /** Tries after the first. */
  readonly retries: number;
}

/** A Job that runs to its end, with a service account of its own unless it is given one. */
export class Task extends Construct {
  /** @param props `jobName` where one of the task's name may be there already */
  constructor(scope: Construct, id: string, props: TaskProps & { readonly jobName?: string }) {
    super(scope, id);
    const { name, set } = props;
    ownServiceAccount(this, props);
    new k8s.KubeJob(this, 'job', {
      metadata: { name: props.jobName ?? objectName(name, set), labels: selectorOf(name, set) },
      spec: jobOf(props),
    });
    if (set === undefined) new Access(this, 'access', { name, to: props.to });
  }
}

/** A Job again and again, one at a time. */
export class PeriodicTask extends Construct {
  constructor(scope: Construct, id: string, props: TaskProps & { readonly schedule: string }) {
    super(scope, id);
    const { name, set, schedule } = props;
    const labels = selectorOf(name, set);
    ownServiceAccount(this, props);
    new k8s.KubeCronJob(this, 'cron-job', {
      metadata: { name: objectName(name, set), labels },
      spec: {
        schedule,
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Forbid',
        // A cluster that was down makes up for one run, and for none that is hours late.
        startingDeadlineSeconds: 3_600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: { metadata: { labels }, spec: jobOf(props) },
      },
    });
    if (set === undefined) new Access(this, 'access', { name, to: props.to });
  }
}

function ownServiceAccount(scope: Construct, { name, set, serviceAccount }: TaskProps): void {
  if (serviceAccount !== undefined || set !== undefined) return;
  new ServiceAccount(scope, 'service-account', name);
}

function jobOf(props: TaskProps): k8s.JobSpec {
  return {
    backoffLimit: props.retries,
    // Then the next release may apply its own: a Job cannot change.
    ttlSecondsAfterFinished: 3_600,
    activeDeadlineSeconds: props.deadlineSeconds,
    template: {
      metadata: { labels: selectorOf(props.name, props.set) },
      spec: restrictedPod({
        ...props,
        variables: {
          ...props.variables,
          // An operator reads results by the pod's status, and no logs.
          ...(props.set !== undefined && { RESULT_FILE: '/dev/termination-log' }),
        },
        graceSeconds: 30,
        // A try that failed stays, with what it said; of a container that is restarted Kubernetes removes the pod at last.
        restartPolicy: 'Never',
      }),
    },
  };
}
