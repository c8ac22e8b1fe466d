import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import assumptions from '../assumptions.json' with { type: 'json' };
import recordings from '../recordings.json' with { type: 'json' };
import type { Conditions } from './validation.ts';
import { emuDefaults } from './emu.ts';
import { readRecording, type Recording } from './recording.ts';
import { readScaler, type Scaler } from './scaled-object.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

type Values<T> = { [K in keyof T]: T[K] extends { value: infer V } ? V : never };

/** Without where they come from. */
function valuesOf<T extends Record<string, { value: unknown }>>(given: T): Values<T> {
  return Object.fromEntries(
    Object.entries(given).map(([name, { value }]) => [name, value]),
  ) as Values<T>;
}

export const workload = valuesOf(assumptions.workload);
export const limits = valuesOf(assumptions.limits);
export const prices = valuesOf(assumptions.prices);
export const readAt = assumptions.read;

/** Rates a second, and calls a row, as `make bench` measured them: medians. */
export interface Measured {
  pelicanRate: number;
  emuRate: number;
  queueCallsPerRow: number;
  /** Share of full batches of an emu whose embedder takes equally long for any batch. */
  batchFill: number;
  /** Of one frontend. */
  searchRate: number;
}

/** Rows a second of bench/src/scaling.ts's emu that is asked 2 s for each batch, were all of them full. */
const benchedFullRate = (emuDefaults.concurrency * emuDefaults.maxBatch) / 2;

const benchResults = z.object({
  measurements: z.array(
    z.object({
      name: z.string(),
      figures: z.array(z.object({ title: z.string(), median: z.number() })),
    }),
  ),
});

/** @throws Error that names the figure that bench/results lacks. */
export function readMeasured(): Measured {
  const path = 'bench/results/latest.json';
  const { measurements } = benchResults.parse(JSON.parse(read(path)));
  const need = (measurement: string, title: string) => {
    const found = measurements
      .find(({ name }) => name === measurement)
      ?.figures.find((figure) => figure.title === title);
    if (found === undefined) throw new Error(`${path} has no "${title}": run make bench.`);
    return found.median;
  };
  return {
    pelicanRate: need('throughput', '100,000 rows: table → queue, pelican alone'),
    emuRate: need('throughput', '100,000 rows: queue → index, emu alone (its start included)'),
    queueCallsPerRow: need('throughput', '100,000 rows: SQS calls'),
    batchFill: need('scaling', 'one emu as it comes, 2 s a request') / benchedFullRate,
    searchRate: need('search-overload', 'most that is answered'),
  };
}

/** The scaler of an environment, as its manifest has it. */
export function readEnvironmentScaler(environment: string): Scaler {
  return readScaler(read(`cdk8s/golden/${environment}/50-emu.yaml`));
}

/** What was recorded on clusters, and how. */
export function readRecordings(): {
  name: string;
  recording: Recording;
  conditions: Conditions;
}[] {
  const { emuRate } = readMeasured();
  return recordings.map(({ name, file, manifest, min, hpaSyncSeconds, embedder }) => ({
    name,
    recording: readRecording(JSON.parse(read(file))),
    conditions: {
      scaler: readScaler(read(manifest), { min }),
      hpaSyncSeconds,
      embedder,
      emuRate,
    },
  }));
}
