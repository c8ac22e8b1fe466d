import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { restrictedPod, type RestrictedPodProps } from '../pods/restricted-pod.ts';
import { Access, type Ways } from './access.ts';
import { objectName, selectorOf } from './labels.ts';
import { ServiceAccount } from './service-account.ts';

/** How new pods take the place of old ones: as numbers, or percents as `25%`. */
interface Rollout {
  /** Pods beyond the wanted number. */
  readonly surge: number | string;
  /** Pods that may be missing of it. */
  readonly unavailable: number | string;
  /** How long a pod must have been ready to count. */
  readonly minReadySeconds?: number;
}

export interface WorkloadProps
  extends
    Omit<RestrictedPodProps, 'serviceAccount' | 'restartPolicy' | 'topologySpreadConstraints'>,
    Ways {
  /** The set of workers it is one of; what all sets share is then made elsewhere. */
  readonly set?: string | undefined;
  /** Absent where an autoscaler decides: each apply would reset what it has decided. */
  readonly replicas?: number | undefined;
  /** `recreate` where two may not run at once. */
  readonly rollout: Rollout | 'recreate';
  /** Of its pods: what changes here rolls them out. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/**
 * Pods that run for ever: Deployment and disruption budget, and unless it is one of a set, service account and access,
 * all of one name.
 */
export class Workload extends Construct {
  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    const { set, rollout } = props;
    const labels = selectorOf(props.name, set);
    const name = objectName(props.name, set);
    if (set === undefined) new ServiceAccount(this, 'service-account', name);
    new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name, labels },
      spec: {
        ...(props.replicas !== undefined && { replicas: props.replicas }),
        ...(rollout !== 'recreate' &&
          rollout.minReadySeconds !== undefined && { minReadySeconds: rollout.minReadySeconds }),
        revisionHistoryLimit: 5,
        selector: { matchLabels: labels },
        strategy:
          rollout === 'recreate'
            ? { type: 'Recreate' }
            : {
                type: 'RollingUpdate',
                rollingUpdate: {
                  maxSurge: countOrPercent(rollout.surge),
                  maxUnavailable: countOrPercent(rollout.unavailable),
                },
              },
        template: {
          metadata: { labels, ...(props.annotations && { annotations: props.annotations }) },
          spec: restrictedPod({ ...props, topologySpreadConstraints: spread(labels) }),
        },
      },
    });
    new k8s.KubePodDisruptionBudget(this, 'disruption-budget', {
      metadata: { name },
      spec: {
        // One at a time, also where there is but one: a node may always be drained.
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        selector: { matchLabels: labels },
        // Those that are broken anyway hold no node up.
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
    if (set === undefined) new Access(this, 'access', { name, from: props.from, to: props.to });
  }
}

/** Over zones and nodes as far as there are any: a pod is never kept waiting for it. */
function spread(matchLabels: Record<string, string>): k8s.TopologySpreadConstraint[] {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels },
    // Otherwise the old pods of a rolling update count too.
    matchLabelKeys: ['pod-template-hash'],
  }));
}

const countOrPercent = (value: number | string) =>
  typeof value === 'number' ? k8s.IntOrString.fromNumber(value) : k8s.IntOrString.fromString(value);
