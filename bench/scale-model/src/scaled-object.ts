import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { HpaSpec } from './hpa.ts';
import type { KedaSpec } from './keda.ts';

export interface Scaler {
  keda: KedaSpec;
  hpa: HpaSpec;
}

/** Defaults are those of the HPA and of KEDA. */
const rules = (stabilizationWindowSeconds: number) =>
  z.object({
    stabilizationWindowSeconds: z.number().default(stabilizationWindowSeconds),
    policies: z.array(
      z.object({
        type: z.enum(['Pods', 'Percent']),
        value: z.number(),
        periodSeconds: z.number(),
      }),
    ),
    selectPolicy: z.enum(['Max', 'Min', 'Disabled']).default('Max'),
  });

const scaledObject = z.object({
  kind: z.literal('ScaledObject'),
  spec: z.object({
    minReplicaCount: z.number(),
    maxReplicaCount: z.number(),
    pollingInterval: z.number(),
    cooldownPeriod: z.number(),
    advanced: z.object({
      horizontalPodAutoscalerConfig: z.object({
        behavior: z.object({ scaleUp: rules(0), scaleDown: rules(300) }),
      }),
    }),
    triggers: z.tuple([
      z.object({
        type: z.literal('aws-sqs-queue'),
        metadata: z.object({
          queueLength: z.coerce.number(),
          activationQueueLength: z.coerce.number().default(0),
          scaleOnInFlight: z.enum(['true', 'false']).default('true'),
        }),
      }),
    ]),
  }),
});

/** What one may set otherwise than the manifest has it. */
export interface ScalerChanges {
  min?: number | undefined;
  max?: number | undefined;
  backlogPerPod?: number | undefined;
}

/** The scaler of a manifest as `make synth` writes it. @throws Error when there is no ScaledObject in it. */
export function readScaler(manifest: string, changes: ScalerChanges = {}): Scaler {
  const found = parseAllDocuments(manifest)
    .map((document) => scaledObject.safeParse(document.toJS()))
    .find(({ success }) => success);
  if (found?.data === undefined)
    throw new Error('The manifest has no ScaledObject on an SQS queue.');
  const { spec } = found.data;
  const [{ metadata }] = spec.triggers;
  const minReplicas = changes.min ?? spec.minReplicaCount;
  return {
    keda: {
      minReplicas,
      pollingIntervalSeconds: spec.pollingInterval,
      cooldownSeconds: spec.cooldownPeriod,
      activationLength: metadata.activationQueueLength,
      scaleOnInFlight: metadata.scaleOnInFlight === 'true',
    },
    hpa: {
      // KEDA's HPA has one pod at least: the step to none is KEDA's own.
      minReplicas: Math.max(1, minReplicas),
      maxReplicas: changes.max ?? spec.maxReplicaCount,
      averageValue: changes.backlogPerPod ?? metadata.queueLength,
      ...spec.advanced.horizontalPodAutoscalerConfig.behavior,
    },
  };
}
