import type { ClusterPace } from './calibration.ts';
import { emuDefaults, type Embedder } from './emu.ts';
import type { Recording } from './recording.ts';
import type { Scaler } from './scaled-object.ts';
import { simulate, type Moment, type Scenario } from './simulation.ts';

/** How a recording was made. */
export interface Conditions {
  scaler: Scaler;
  hpaSyncSeconds: number;
  embedder: Embedder;
  /** Rows a second of one emu that waits for nothing. */
  emuRate: number;
}

export interface Gap {
  /** What is compared, its unit in it. */
  name: string;
  recorded: number;
  simulated: number;
}

export interface Validation {
  simulated: Moment[];
  /** Over time, in share of the recording's greatest: mean and greatest distance of the two curves. */
  distances: { name: string; mean: number; greatest: number; of: number }[];
  gaps: Gap[];
}

/** Simulates what was recorded, and says how far it is off. */
export function validate(
  { rows, moments }: Recording,
  { scaler, hpaSyncSeconds, embedder, emuRate }: Conditions,
  pace: ClusterPace,
): Validation {
  const scenario: Scenario = {
    rows,
    tokensPerRow: 0,
    crowdedMessages: Infinity,
    emu: { ...emuDefaults, rate: emuRate },
    embedder,
    tokensPerMinute: Infinity,
    scaler,
    hpaSyncSeconds,
    ...pace,
  };
  const end = moments.at(-1)?.seconds ?? 0;
  const { moments: simulated } = simulate(scenario, { step: 0.1, sample: 0.5, end: 2 * end });
  const least = scaler.keda.minReplicas;
  const gaps = Object.entries(milestones(moments, least)).map(([name, recorded]) => ({
    name,
    recorded,
    simulated: milestones(simulated, least)[name as keyof Milestones],
  }));
  const distances = (['backlog', 'desired', 'ready'] as const).map((name) =>
    distance(name, moments, simulated),
  );
  return { simulated, distances, gaps };
}

type Milestones = ReturnType<typeof milestones>;

function milestones(moments: readonly Moment[], least: number) {
  const most = Math.max(...moments.map(({ desired }) => desired));
  const backlog = Math.max(...moments.map((moment) => moment.backlog));
  const when = (from: number, is: (moment: Moment) => boolean) =>
    moments.find((moment) => moment.seconds >= from && is(moment))?.seconds ?? Infinity;
  const asked = when(0, ({ desired }) => desired === most);
  const ready = when(asked, (moment) => moment.ready === most);
  const drained = when(ready, (moment) => moment.backlog === 0);
  const back = when(drained, ({ desired }) => desired === least);
  return {
    'most pods': most,
    'greatest backlog, messages': backlog,
    'load to most pods asked for, s': asked,
    'load to most pods ready, s': ready,
    'most pods ready to drained, s': drained - ready,
    'drained to fewest pods asked for, s': back - drained,
    'load to fewest pods asked for, s': back,
  };
}

/** Each value holds until the next moment; compared each tenth of a second of the recording. */
function distance(
  name: 'backlog' | 'desired' | 'ready',
  recorded: readonly Moment[],
  simulated: readonly Moment[],
): Validation['distances'][number] {
  const end = recorded.at(-1)?.seconds ?? 0;
  const of = Math.max(...recorded.map((moment) => moment[name]));
  const gaps = Array.from({ length: Math.floor(end * 10) }, (_, tenth) => {
    const at = (moments: readonly Moment[]) =>
      moments.findLast(({ seconds }) => seconds <= tenth / 10)?.[name] ?? 0;
    return Math.abs(at(recorded) - at(simulated)) / of;
  });
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  return { name, mean, greatest: Math.max(...gaps), of };
}
