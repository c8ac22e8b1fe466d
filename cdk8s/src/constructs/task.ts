import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { restrictedPod, type RestrictedPodProps } from '../pods/restricted-pod.ts';
import { Access, type Way } from './access.ts';
import { selectorOf } from './labels.ts';

export interface TaskProps extends Omit<
  RestrictedPodProps,
  'restartPolicy' | 'topologySpreadConstraints' | 'probes' | 'graceSeconds'
> {
  readonly to: readonly Way[];
  /** Longest run, all tries together. */
  readonly deadlineSeconds: number;
  /** Tries after the first. */
  readonly retries: number;
}

/** A Job that runs to its end, with a service account of its own unless it is given one. */
export class Task extends Construct {
  constructor(scope: Construct, id: string, props: TaskProps) {
    super(scope, id);
    const { name } = props;
    ownServiceAccount(this, props);
    new k8s.KubeJob(this, 'job', {
      metadata: { name, labels: selectorOf(name) },
      spec: jobOf(props),
    });
    new Access(this, 'access', { name, to: props.to });
  }
}

/** A Job again and again, one at a time. */
export class PeriodicTask extends Construct {
  constructor(scope: Construct, id: string, props: TaskProps & { readonly schedule: string }) {
    super(scope, id);
    const { name, schedule } = props;
    ownServiceAccount(this, props);
    new k8s.KubeCronJob(this, 'cron-job', {
      metadata: { name, labels: selectorOf(name) },
      spec: {
        schedule,
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Forbid',
        // A cluster that was down makes up for one run, and for none that is hours late.
        startingDeadlineSeconds: 3_600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: { metadata: { labels: selectorOf(name) }, spec: jobOf(props) },
      },
    });
    new Access(this, 'access', { name, to: props.to });
  }
}

function ownServiceAccount(scope: Construct, { name, serviceAccount }: TaskProps): void {
  if (serviceAccount !== undefined) return;
  new k8s.KubeServiceAccount(scope, 'service-account', {
    metadata: { name },
    automountServiceAccountToken: false,
  });
}

function jobOf(props: TaskProps): k8s.JobSpec {
  return {
    backoffLimit: props.retries,
    // Then the next release may apply its own: a Job cannot change.
    ttlSecondsAfterFinished: 3_600,
    activeDeadlineSeconds: props.deadlineSeconds,
    template: {
      metadata: { labels: selectorOf(props.name) },
      spec: restrictedPod({
        ...props,
        graceSeconds: 30,
        // A try that failed stays, with what it said; of a container that is restarted Kubernetes removes the pod at last.
        restartPolicy: 'Never',
      }),
    },
  };
}
