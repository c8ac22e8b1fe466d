import { loadEmuConfig } from '../../../services/emu/src/config.ts';
import { describe, expect, test } from 'vitest';
import { emuDefaults } from './emu.ts';
import { readEnvironmentScaler } from './inputs.ts';
import { simulate, type Scenario } from './simulation.ts';

const { keda, hpa } = readEnvironmentScaler('kind');
const clock = { step: 0.1, sample: 1, end: 3_600 };

function scenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    rows: 20_000,
    tokensPerRow: 100,
    publishRate: 2_000,
    crowdedMessages: Infinity,
    emu: { ...emuDefaults, rate: 5_000 },
    embedder: { secondsPerRequest: 1, secondsPerText: 0 },
    tokensPerMinute: Infinity,
    scaler: { keda, hpa },
    hpaSyncSeconds: 15,
    podStartSeconds: [10, 12],
    rateWhilePodsStart: 1,
    ...changes,
  };
}

const mostBacklog = (run: ReturnType<typeof simulate>) =>
  Math.max(...run.moments.map(({ backlog }) => backlog));

test('an emu has as many rows and batches in work as services/emu has by default', () => {
  const queue = 'https://queue.example/a.fifo';
  const { MAX_BATCH, CONCURRENCY } = loadEmuConfig({
    QUEUE_URL: queue,
    DEAD_LETTER_QUEUE_URL: queue,
    REFRESH_QUEUE_URL: 'https://queue.example/a',
    SPECS: 'none.yaml',
    OPENAI_API_KEY: 'none',
    PINECONE_API_KEY: 'none',
  });
  expect(emuDefaults).toEqual({ maxBatch: MAX_BATCH, concurrency: CONCURRENCY });
});

test('every row is indexed once, by pods that come for the backlog and go after it', () => {
  const run = simulate(scenario(), clock);
  expect(run.drainedAt).toBeLessThan(Infinity);
  expect(Math.max(...run.moments.map(({ desired }) => desired))).toBe(hpa.maxReplicas);
  expect(run.moments.at(-1)).toMatchObject({ backlog: 0, desired: keda.minReplicas });
});

test('the same scenario runs the same', () => {
  expect(simulate(scenario(), clock)).toEqual(simulate(scenario(), clock));
});

test('none works until the first message, and none is left after the cooldown', () => {
  const scaler = { keda: { ...keda, minReplicas: 0 }, hpa };
  const { moments } = simulate(scenario({ scaler }), clock);
  expect(moments[0]).toMatchObject({ desired: 0, ready: 0 });
  expect(moments.at(-1)).toMatchObject({ desired: 0, ready: 0, backlog: 0 });
});

describe('limits', () => {
  const fixed = (pods: number) => ({
    keda: { ...keda, minReplicas: pods },
    hpa: { ...hpa, minReplicas: pods, maxReplicas: pods },
  });

  test('where the embedder is what is waited for, emus add up', () => {
    const rate = (pods: number) => {
      const rows = 100_000 * pods;
      const { drainedAt } = simulate(
        scenario({ rows, publishRate: 50_000, scaler: fixed(pods) }),
        clock,
      );
      return rows / drainedAt;
    };
    const one = rate(1);
    expect(one).toBeCloseTo(1_024, -2);
    expect(rate(4) / one).toBeCloseTo(4, 1);
  });

  test('tokens a minute are used up, and no more of them, however many emus', () => {
    const { drainedAt } = simulate(
      scenario({ rows: 100_000, tokensPerMinute: 1_000_000, scaler: fixed(8) }),
      clock,
    );
    // A bucket of 10,000 rows at first, then 10,000 a minute.
    expect(drainedAt / 60).toBeCloseTo(9, 0);
  });

  test('a backfill keeps no more in the queue than it may', () => {
    const crowded = scenario({ publishRate: 50_000, crowdedMessages: 1_000, scaler: fixed(1) });
    const inWork = (emuDefaults.concurrency + 2) * emuDefaults.maxBatch;
    expect(mostBacklog(simulate(crowded, clock))).toBeLessThanOrEqual(1_000 + inWork);
  });

  test('pods that start on a shared machine slow it down', () => {
    const slowed = simulate(scenario({ rateWhilePodsStart: 0.3 }), clock);
    expect(slowed.drainedAt).toBeGreaterThan(simulate(scenario(), clock).drainedAt);
  });
});
