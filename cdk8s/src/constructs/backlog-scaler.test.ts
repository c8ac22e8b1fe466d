import { Testing } from 'cdk8s';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BacklogScaler } from './backlog-scaler.ts';

const scalings = fc
  .record({
    min: fc.nat(20),
    more: fc.nat(100),
    backlogPerPod: fc.integer({ min: 1, max: 100_000 }),
    pollingIntervalSeconds: fc.integer({ min: 1, max: 300 }),
    cooldownSeconds: fc.nat(86_400),
    scaleDown: fc.record({
      stabilisationSeconds: fc.nat(3_600),
      percentPerMinute: fc.integer({ min: 1, max: 100 }),
    }),
  })
  .map(({ more, ...scaling }) => ({
    ...scaling,
    max: Math.max(1, scaling.min + more),
    resources: { cpu: { request: '1', limit: '1' }, memory: '1Gi' },
  }));

test('whatever the numbers: KEDA has them as they are, goes up at once, and never below one when blind', () => {
  fc.assert(
    fc.property(scalings, (scaling) => {
      const chart = Testing.chart();
      new BacklogScaler(chart, 'scaler', {
        name: 'emu',
        scaling,
        region: 'eu-central-1',
        queueUrl: 'https://sqs/a.fifo',
        reader: { identity: 'operator' },
      });
      const [authentication, scaledObject] = Testing.synth(chart) as { spec: unknown }[];
      expect(authentication?.spec).toEqual({
        podIdentity: { provider: 'aws', identityOwner: 'keda' },
      });
      expect(scaledObject?.spec).toMatchObject({
        minReplicaCount: scaling.min,
        maxReplicaCount: scaling.max,
        fallback: {
          behavior: 'currentReplicasIfHigher',
          replicas: Math.max(1, scaling.min),
        },
        advanced: {
          horizontalPodAutoscalerConfig: {
            behavior: {
              scaleUp: { stabilizationWindowSeconds: 0 },
              scaleDown: {
                stabilizationWindowSeconds: scaling.scaleDown.stabilisationSeconds,
                policies: [{ type: 'Percent', value: scaling.scaleDown.percentPerMinute }],
              },
            },
          },
        },
        triggers: [
          {
            metadata: { queueLength: String(scaling.backlogPerPod), scaleOnInFlight: 'true' },
          },
        ],
      });
    }),
    { numRuns: 30 },
  );
});
