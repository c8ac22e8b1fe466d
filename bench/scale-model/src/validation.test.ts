import { expect, test } from 'vitest';
import { paceOf, rowsPerSecond } from './calibration.ts';
import { emuDefaults } from './emu.ts';
import { readEnvironmentScaler, readRecordings } from './inputs.ts';
import { simulate } from './simulation.ts';
import { validate } from './validation.ts';

const embedder = { secondsPerRequest: 0.3, secondsPerText: 0.03 };
const pace = {
  publishRate: 800,
  rateWhilePodsStart: 0.4,
  podStartSeconds: [30, 36] as [number, number],
};
const conditions = {
  scaler: readEnvironmentScaler('kind'),
  hpaSyncSeconds: 5,
  embedder,
  emuRate: 6_000,
};

/** As if it had been recorded. */
function simulatedRecording() {
  const { moments } = simulate(
    {
      rows: 10_000,
      tokensPerRow: 0,
      crowdedMessages: Infinity,
      emu: { ...emuDefaults, rate: conditions.emuRate },
      tokensPerMinute: Infinity,
      embedder,
      scaler: conditions.scaler,
      hpaSyncSeconds: 5,
      ...pace,
    },
    { step: 0.1, sample: 0.5, end: 600 },
  );
  return { rows: 10_000, moments };
}

test('an emu with full batches of 8 s does 128 rows a second', () => {
  expect(rowsPerSecond(embedder)).toBeCloseTo(128, 0);
});

test('calibration finds in a simulated recording what it was simulated with', () => {
  const found = paceOf(simulatedRecording(), embedder);
  expect(found.publishRate / pace.publishRate).toBeCloseTo(1, 1);
  expect(found.rateWhilePodsStart).toBeCloseTo(pace.rateWhilePodsStart, 1);
  expect(found.podStartSeconds[0]).toBeCloseTo(30, -1);
  expect(found.podStartSeconds[1]).toBeCloseTo(36, -1);
});

test('a recording that the model made has no distance to it', () => {
  const { gaps, distances } = validate(simulatedRecording(), conditions, pace);
  for (const { recorded, simulated } of gaps) expect(simulated).toBe(recorded);
  for (const { mean } of distances) expect(mean).toBe(0);
});

test('what was recorded is simulated within the error that docs/scaling.md states', () => {
  for (const { recording, conditions: given } of readRecordings()) {
    const { gaps, distances } = validate(recording, given, paceOf(recording, given.embedder));
    const gap = (start: string) => {
      const found = gaps.find(({ name }) => name.startsWith(start));
      return found === undefined ? Number.NaN : found.simulated / found.recorded - 1;
    };
    expect(gap('most pods')).toBe(0);
    expect(Math.abs(gap('load to fewest pods asked for'))).toBeLessThan(0.15);
    expect(distances.find(({ name }) => name === 'backlog')?.mean).toBeLessThan(0.1);
  }
});
