/**
 * What KEDA itself decides of a ScaledObject: between none and one. "Activating and scaling thresholds" of
 * https://keda.sh/docs/2.21/concepts/scaling-deployments/, "pollingInterval" and "cooldownPeriod" of
 * https://keda.sh/docs/2.21/reference/scaledobject-spec/ and https://keda.sh/docs/2.21/scalers/aws-sqs/. From one on it is
 * the HPA that decides, and it has KEDA read the queue at each of its own looks: `pollingInterval` is not in that way.
 */

export interface KedaSpec {
  minReplicas: number;
  pollingIntervalSeconds: number;
  /** "The period to wait after the last trigger reported active before scaling the resource back to 0." */
  cooldownSeconds: number;
  /** Of the queue: above it, not at it, a pod is started. */
  activationLength: number;
  /** Whether messages in work count. */
  scaleOnInFlight: boolean;
}

/** "ApproximateNumberOfMessages + ApproximateNumberOfMessagesNotVisible", unless the second is left out. */
export function queueLength(
  { scaleOnInFlight }: Pick<KedaSpec, 'scaleOnInFlight'>,
  { visible, inFlight }: { visible: number; inFlight: number },
): number {
  return visible + (scaleOnInFlight ? inFlight : 0);
}

/** One poll: how many pods there are to be, and when the trigger was active last. */
export function poll(
  spec: KedaSpec,
  activeAt: number | undefined,
  { at, current, length }: { at: number; current: number; length: number },
): { replicas: number; activeAt: number | undefined } {
  if (length > spec.activationLength)
    return { replicas: current === 0 ? Math.max(1, spec.minReplicas) : current, activeAt: at };
  const isOver = activeAt === undefined || at - activeAt > spec.cooldownSeconds;
  if (spec.minReplicas === 0 && isOver) return { replicas: 0, activeAt };
  return { replicas: Math.max(current, spec.minReplicas), activeAt };
}
