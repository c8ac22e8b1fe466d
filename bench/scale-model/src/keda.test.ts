import { expect, test } from 'vitest';
import { recommended } from './hpa.ts';
import { poll, queueLength, type KedaSpec } from './keda.ts';

const spec: KedaSpec = {
  minReplicas: 0,
  pollingIntervalSeconds: 30,
  cooldownSeconds: 300,
  activationLength: 0,
  scaleOnInFlight: true,
};

test('if one pod handles 10 messages and 30 are in the queue, it is 3 pods', () => {
  expect(recommended(10, 1, queueLength(spec, { visible: 30, inFlight: 0 }))).toBe(3);
});

test('messages in work count, unless they are not to', () => {
  expect(queueLength(spec, { visible: 3, inFlight: 4 })).toBe(7);
  expect(queueLength({ scaleOnInFlight: false }, { visible: 3, inFlight: 4 })).toBe(3);
});

test('above the activation value a pod is started, at it none is', () => {
  const waiting = { ...spec, activationLength: 5 };
  expect(poll(waiting, undefined, { at: 0, current: 0, length: 5 }).replicas).toBe(0);
  expect(poll(waiting, undefined, { at: 0, current: 0, length: 6 }).replicas).toBe(1);
});

test('pods that there are it leaves to the HPA', () => {
  expect(poll(spec, 0, { at: 30, current: 4, length: 900 })).toEqual({ replicas: 4, activeAt: 30 });
});

test('the step to zero comes when the cooldown is over since it was active last, from any number', () => {
  expect(poll(spec, 100, { at: 400, current: 3, length: 0 }).replicas).toBe(3);
  expect(poll(spec, 100, { at: 401, current: 3, length: 0 }).replicas).toBe(0);
  expect(poll({ ...spec, minReplicas: 1 }, 100, { at: 900, current: 1, length: 0 }).replicas).toBe(
    1,
  );
});

test('what is in work keeps the last pod', () => {
  const length = queueLength(spec, { visible: 0, inFlight: 1 });
  expect(poll(spec, 0, { at: 900, current: 1, length })).toEqual({ replicas: 1, activeAt: 900 });
});
