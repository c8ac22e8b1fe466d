import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import type { Environment } from '../environment/schema.ts';
import type { QueueReader } from '../platform/platform.ts';

export interface BacklogScalerProps {
  /** Of the Deployment, and of this. */
  readonly name: string;
  readonly scaling: Environment['emu'];
  /** No pod at all, whatever is in the queue. */
  readonly isPaused?: boolean;
  readonly region: string;
  readonly queueUrl: string;
  /** Who KEDA is when it reads the queue's depth. */
  readonly reader: QueueReader;
}

/**
 * As many pods as the queue's messages, waiting and in work, ask for at `backlogPerPod` each: up at once, down
 * slowly. Types are by hand and narrow; tests hold them against KEDA's own schema.
 */
export class BacklogScaler extends Construct {
  constructor(scope: Construct, id: string, props: BacklogScalerProps) {
    super(scope, id);
    const { name, scaling, reader } = props;
    new ApiObject(this, 'authentication', {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'TriggerAuthentication',
      metadata: { name },
      spec: authenticationOf(reader),
    });
    new ApiObject(this, 'scaled-object', {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: {
        name,
        ...(props.isPaused && { annotations: { 'autoscaling.keda.sh/paused-replicas': '0' } }),
      },
      spec: {
        scaleTargetRef: { name },
        minReplicaCount: scaling.min,
        maxReplicaCount: scaling.max,
        pollingInterval: scaling.pollingIntervalSeconds,
        cooldownPeriod: scaling.cooldownSeconds,
        // A queue that cannot be read takes no pod away.
        fallback: {
          failureThreshold: 3,
          replicas: Math.max(1, scaling.min),
          behavior: 'currentReplicasIfHigher',
        },
        advanced: { horizontalPodAutoscalerConfig: { name, behavior: behaviorOf(scaling) } },
        triggers: [
          {
            type: 'aws-sqs-queue',
            authenticationRef: { name },
            metadata: {
              queueURL: props.queueUrl,
              awsRegion: props.region,
              queueLength: String(scaling.backlogPerPod),
              // What is in work counts: else a pod with the last messages would be taken away under them.
              scaleOnInFlight: 'true',
              ...(reader.endpoint !== undefined && { awsEndpoint: reader.endpoint }),
            },
          },
        ],
      },
    });
  }
}

function authenticationOf(reader: QueueReader) {
  if (reader.identity === 'operator') {
    // Of keda-operator itself: KEDA cannot take on a workload's EKS Pod Identity.
    return { podIdentity: { provider: 'aws', identityOwner: 'keda' } };
  }
  const { secret, accessKeyId, secretAccessKey } = reader.identity;
  return {
    secretTargetRef: [
      { parameter: 'awsAccessKeyID', name: secret, key: accessKeyId },
      { parameter: 'awsSecretAccessKey', name: secret, key: secretAccessKey },
    ],
  };
}

function behaviorOf({ scaleDown }: Environment['emu']) {
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 100, periodSeconds: 15 },
        { type: 'Pods', value: 8, periodSeconds: 15 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: scaleDown.stabilisationSeconds,
      policies: [{ type: 'Percent', value: scaleDown.percentPerMinute, periodSeconds: 60 }],
    },
  };
}
