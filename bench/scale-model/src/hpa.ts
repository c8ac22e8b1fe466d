/**
 * The rules of a HorizontalPodAutoscaler with one external metric of type AverageValue, which is what KEDA makes of a
 * ScaledObject. "Algorithm details", "Scaling policies" and "Stabilization window" of
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ say them; where they leave something open
 * (which way a share of pods is rounded, that a period counts changes of both directions), the controller's own
 * pkg/controller/podautoscaler/horizontal.go of Kubernetes 1.35 decides.
 *
 * How many pods are ready does not count: "readiness" and "missing metrics" adjust averages over pods, and an external
 * metric is one number, divided by how many pods there are.
 */

export interface ScalingPolicy {
  type: 'Pods' | 'Percent';
  value: number;
  periodSeconds: number;
}

/** Of one direction. */
export interface ScalingRules {
  stabilizationWindowSeconds: number;
  policies: readonly ScalingPolicy[];
  selectPolicy: 'Max' | 'Min' | 'Disabled';
}

export interface HpaSpec {
  minReplicas: number;
  maxReplicas: number;
  /** The metric for each pod. */
  averageValue: number;
  scaleUp: ScalingRules;
  scaleDown: ScalingRules;
}

/** What the controller remembers between two looks. */
export interface HpaMemory {
  recommendations: readonly { at: number; replicas: number }[];
  /** Above 0 where pods came, below where pods went. */
  changes: readonly { at: number; by: number }[];
}

export const noMemory: HpaMemory = { recommendations: [], changes: [] };

/** By `--horizontal-pod-autoscaler-tolerance`. */
const tolerance = 0.1;
/** Longest window and period that the API accepts, in seconds. */
const longestSeconds = 3_600;

/** One look of the controller, at a time in seconds: how many pods it asks for, and what it remembers. */
export function look(
  spec: HpaSpec,
  memory: HpaMemory,
  { at, current, metric }: { at: number; current: number; metric: number },
): { replicas: number; memory: HpaMemory } {
  // Scaled to zero by somebody else: "the HPA stops adjusting the target".
  if (current === 0) return { replicas: 0, memory };
  if (current > spec.maxReplicas || current < spec.minReplicas) {
    const replicas = Math.min(spec.maxReplicas, Math.max(spec.minReplicas, current));
    return { replicas, memory: remembering(memory, at, undefined, replicas - current) };
  }
  const wanted = recommended(spec.averageValue, current, metric);
  const steady = stabilised(spec, memory.recommendations, { at, current, wanted });
  const replicas = limited(spec, memory.changes, { at, current, wanted: steady });
  return { replicas, memory: remembering(memory, at, wanted, replicas - current) };
}

/** ceil(metric / target), unless that is within a tenth of what there is. */
export function recommended(averageValue: number, current: number, metric: number): number {
  const ratio = metric / (averageValue * current);
  const isNear = ratio >= 1 - tolerance && ratio <= 1 + tolerance;
  return isNear ? current : Math.ceil(metric / averageValue);
}

/** The highest recommendation of the window before a step down, the lowest before a step up. */
export function stabilised(
  { scaleUp, scaleDown }: Pick<HpaSpec, 'scaleUp' | 'scaleDown'>,
  recommendations: HpaMemory['recommendations'],
  { at, current, wanted }: { at: number; current: number; wanted: number },
): number {
  const within = ({ stabilizationWindowSeconds }: ScalingRules) =>
    recommendations
      .filter((past) => past.at > at - stabilizationWindowSeconds)
      .map(({ replicas }) => replicas);
  const lowest = Math.min(wanted, ...within(scaleUp));
  const highest = Math.max(wanted, ...within(scaleDown));
  return Math.min(highest, Math.max(lowest, current));
}

/** As far as the policies allow, and between the least and the most. */
export function limited(
  spec: Pick<HpaSpec, 'minReplicas' | 'maxReplicas' | 'scaleUp' | 'scaleDown'>,
  changes: HpaMemory['changes'],
  { at, current, wanted }: { at: number; current: number; wanted: number },
): number {
  if (wanted === current) return current;
  const isUp = wanted > current;
  const { policies, selectPolicy } = isUp ? spec.scaleUp : spec.scaleDown;
  if (selectPolicy === 'Disabled') return current;
  const bounds = policies.map(({ type, value, periodSeconds }) => {
    const changed = changes
      .filter((past) => past.at > at - periodSeconds)
      .reduce((sum, { by }) => sum + by, 0);
    const before = current - changed;
    const step = isUp ? value : -value;
    if (type === 'Pods') return before + step;
    const share = before * (1 + step / 100);
    return isUp ? Math.ceil(share) : Math.trunc(share);
  });
  // The policy that allows most change, or least.
  const farthest = isUp === (selectPolicy === 'Max') ? Math.max(...bounds) : Math.min(...bounds);
  if (isUp) return Math.min(wanted, spec.maxReplicas, Math.max(current, farthest));
  return Math.max(wanted, spec.minReplicas, Math.min(current, farthest));
}

function remembering(
  { recommendations, changes }: HpaMemory,
  at: number,
  wanted: number | undefined,
  by: number,
): HpaMemory {
  const recent = (past: { at: number }) => past.at > at - longestSeconds;
  return {
    recommendations:
      wanted === undefined
        ? recommendations
        : [...recommendations.filter(recent), { at, replicas: wanted }],
    changes: by === 0 ? changes : [...changes.filter(recent), { at, by }],
  };
}
