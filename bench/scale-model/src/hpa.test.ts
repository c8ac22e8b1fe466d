import { describe, expect, test } from 'vitest';
import { limited, look, noMemory, recommended, stabilised, type HpaSpec } from './hpa.ts';

/** "Default Behavior" of the documentation. */
const defaults: Pick<HpaSpec, 'scaleUp' | 'scaleDown'> = {
  scaleDown: {
    stabilizationWindowSeconds: 300,
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    selectPolicy: 'Max',
  },
  scaleUp: {
    stabilizationWindowSeconds: 0,
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 15 },
      { type: 'Pods', value: 4, periodSeconds: 15 },
    ],
    selectPolicy: 'Max',
  },
};

describe('algorithm details', () => {
  test('a metric of twice the target doubles the pods, one of half halves them', () => {
    expect(recommended(100, 3, 600)).toBe(6);
    expect(recommended(100, 4, 200)).toBe(2);
  });

  test('what is not whole is rounded up', () => {
    expect(recommended(5, 1, 31)).toBe(7);
  });

  test('within a tenth of the target nothing changes, beyond it does', () => {
    expect(recommended(100, 10, 1_100)).toBe(10);
    expect(recommended(100, 10, 900)).toBe(10);
    expect(recommended(100, 10, 1_101)).toBe(12);
    expect(recommended(100, 10, 899)).toBe(9);
  });

  test('scaled to zero by another it leaves the target alone', () => {
    const spec = { ...defaults, minReplicas: 1, maxReplicas: 9, averageValue: 1 };
    expect(look(spec, noMemory, { at: 0, current: 0, metric: 50 }).replicas).toBe(0);
  });
});

describe('scaling policies', () => {
  const bounds = { minReplicas: 1, maxReplicas: 100 };
  const down = (selectPolicy: 'Max' | 'Min' | 'Disabled') => ({
    ...defaults,
    ...bounds,
    scaleDown: {
      stabilizationWindowSeconds: 0,
      policies: [
        { type: 'Pods' as const, value: 4, periodSeconds: 60 },
        { type: 'Percent' as const, value: 10, periodSeconds: 60 },
      ],
      selectPolicy,
    },
  });

  test('of 4 pods and 10 % a minute the larger holds: 80, 72, 64 … and fours from 40 on', () => {
    const steps = [80];
    for (let current = 80; current > 10; steps.push(current))
      current = limited(down('Max'), [], { at: 0, current, wanted: 10 });
    // 10 % of 72 is 7.2, and rounded up to 8.
    expect(steps).toEqual([80, 72, 64, 57, 51, 45, 40, 36, 32, 28, 24, 20, 16, 12, 10]);
  });

  test('Min takes the smaller, Disabled neither', () => {
    expect(limited(down('Min'), [], { at: 0, current: 80, wanted: 10 })).toBe(76);
    expect(limited(down('Disabled'), [], { at: 0, current: 80, wanted: 10 })).toBe(80);
  });

  test('a period counts what changed within it', () => {
    const changes = [{ at: 0, by: -8 }];
    expect(limited(down('Max'), changes, { at: 15, current: 72, wanted: 10 })).toBe(72);
    expect(limited(down('Max'), changes, { at: 60, current: 72, wanted: 10 })).toBe(64);
  });

  test('by default it goes up by four pods or by double every 15 seconds', () => {
    const up = { ...defaults, ...bounds };
    expect(limited(up, [], { at: 0, current: 1, wanted: 50 })).toBe(5);
    expect(limited(up, [{ at: 0, by: 4 }], { at: 10, current: 5, wanted: 50 })).toBe(5);
    expect(limited(up, [{ at: 0, by: 4 }], { at: 15, current: 5, wanted: 50 })).toBe(10);
  });

  test('neither above the most nor below the least', () => {
    const narrow = { ...defaults, minReplicas: 2, maxReplicas: 3 };
    expect(limited(narrow, [], { at: 0, current: 2, wanted: 9 })).toBe(3);
    expect(limited(narrow, [], { at: 0, current: 3, wanted: 0 })).toBe(2);
  });
});

describe('stabilization window', () => {
  test('of the last five minutes the highest recommendation holds', () => {
    const past = [
      { at: 0, replicas: 9 },
      { at: 150, replicas: 6 },
    ];
    const wanted = { current: 9, wanted: 2 };
    expect(stabilised(defaults, past, { at: 299, ...wanted })).toBe(9);
    expect(stabilised(defaults, past, { at: 300, ...wanted })).toBe(6);
    expect(stabilised(defaults, past, { at: 450, ...wanted })).toBe(2);
  });

  test('with none for scaling up, the first look decides', () => {
    const past = [{ at: 0, replicas: 1 }];
    expect(stabilised(defaults, past, { at: 15, current: 1, wanted: 7 })).toBe(7);
  });

  test('with one for scaling up, the lowest recommendation holds', () => {
    const slow = { ...defaults, scaleUp: { ...defaults.scaleUp, stabilizationWindowSeconds: 60 } };
    const past = [{ at: 0, replicas: 3 }];
    expect(stabilised(slow, past, { at: 30, current: 1, wanted: 7 })).toBe(3);
    expect(stabilised(slow, past, { at: 60, current: 1, wanted: 7 })).toBe(7);
  });
});
