import { Emu, type EmuSpec, type Embedder } from './emu.ts';
import { look, noMemory, type HpaMemory } from './hpa.ts';
import { poll, queueLength } from './keda.ts';
import type { Scaler } from './scaled-object.ts';
import { TokenBucket } from './token-bucket.ts';

/** What is simulated. Times are in seconds, rates a second. */
export interface Scenario {
  /** Changed at once at time 0: a COPY, or a backfill's request. */
  rows: number;
  tokensPerRow: number;
  /** What pelican brings from the outbox to the queue. */
  publishRate: number;
  /** Messages waiting in the queue above which pelican holds back; Infinity where it does not, for what people write. */
  crowdedMessages: number;
  emu: EmuSpec;
  embedder: Embedder;
  /** Infinity for one's own embedder. */
  tokensPerMinute: number;
  scaler: Scaler;
  hpaSyncSeconds: number;
  /** From the moment pods are asked for until they work: the first of them, the last, the others evenly between. */
  podStartSeconds: readonly [number, number];
  /** What is left of every rate while pods start: 1 where they have processors of their own. */
  rateWhilePodsStart: number;
}

export interface Moment {
  seconds: number;
  /** Messages, waiting and in work. */
  backlog: number;
  /** Pods asked for, and those that work. */
  desired: number;
  ready: number;
}

export interface Run {
  moments: Moment[];
  /** When the last row was in the index; Infinity when it never was. */
  drainedAt: number;
  /** Seconds of pods, asked for or at work, until then. */
  podSeconds: number;
}

export interface Clock {
  step: number;
  /** Between two moments that are kept. */
  sample: number;
  /** At the latest. */
  end: number;
}

/** Runs a scenario, the same each time, until it is back at its fewest pods. */
export function simulate(scenario: Scenario, clock: Clock): Run {
  const { scaler, hpaSyncSeconds } = scenario;
  const { pollingIntervalSeconds: pollSeconds } = scaler.keda;
  const bucket = new TokenBucket(scenario.tokensPerMinute);
  const least = scaler.keda.minReplicas;
  const pods: Pod[] = Array.from({ length: least }, () => newPod(scenario, 0));
  const run: Run = { moments: [], drainedAt: Infinity, podSeconds: 0 };

  let [outbox, publishable, visible, indexed] = [scenario.rows, 0, 0, 0];
  let desired = least;
  let memory: HpaMemory = noMemory;
  let activeAt: number | undefined;
  // A clock's phase is unknown: half a period is its mean.
  let [nextLook, nextPoll, nextSample] = [hpaSyncSeconds / 2, pollSeconds / 2, 0];

  const scaleTo = (replicas: number, now: number): void => {
    desired = replicas;
    const serving = pods.filter((pod) => !pod.leaving);
    const [soonest, latest] = scenario.podStartSeconds;
    const more = replicas - serving.length;
    for (let i = 0; i < more; i += 1)
      pods.push(newPod(scenario, now + soonest + ((latest - soonest) * i) / Math.max(1, more - 1)));
    // The youngest go first: those that have not begun to work, where there are any.
    for (const pod of serving.slice(replicas)) {
      pod.leaving = true;
      visible += pod.emu.handBack();
    }
  };

  for (let now = 0; now <= clock.end; now += clock.step) {
    const starting = pods.some((pod) => !pod.leaving && pod.readyAt > now);
    const elapsed = clock.step * (starting ? scenario.rateWhilePodsStart : 1);

    const room = Math.max(0, scenario.crowdedMessages - visible);
    publishable = Math.min(publishable + scenario.publishRate * elapsed, scenario.publishRate);
    const published = Math.min(outbox, room, Math.floor(publishable));
    publishable -= published;
    outbox -= published;
    visible += published;

    const working = pods.filter(({ readyAt }) => readyAt <= now);
    let receiving = working.filter(({ leaving }) => !leaving).length;
    for (const { emu, leaving } of working) {
      indexed += emu.advance(elapsed);
      // All ask at once and get equal parts, as far as they have room.
      if (!leaving) visible -= emu.receive(Math.ceil(visible / receiving--), elapsed);
      emu.begin(bucket, scenario.tokensPerRow, now);
    }
    const inFlight = pods.reduce((sum, { emu }) => sum + emu.held, 0);
    const length = queueLength(scaler.keda, { visible, inFlight });

    if (now >= nextPoll) {
      nextPoll += pollSeconds;
      const polled = poll(scaler.keda, activeAt, { at: now, current: desired, length });
      ({ activeAt } = polled);
      if (polled.replicas !== desired) scaleTo(polled.replicas, now);
    }
    if (now >= nextLook) {
      nextLook += hpaSyncSeconds;
      const looked = look(scaler.hpa, memory, { at: now, current: desired, metric: length });
      ({ memory } = looked);
      if (looked.replicas !== desired) scaleTo(looked.replicas, now);
    }
    removeWhere(pods, ({ leaving, emu }) => leaving && emu.held === 0);

    const isDrained = indexed === scenario.rows;
    if (isDrained) run.drainedAt = Math.min(run.drainedAt, now);
    else run.podSeconds += pods.length * clock.step;
    const isOver = isDrained && desired === least;
    if (now >= nextSample || isOver) {
      nextSample += clock.sample;
      const ready = pods.filter((pod) => pod.readyAt <= now).length;
      run.moments.push({ seconds: now, backlog: length, desired, ready });
    }
    if (isOver) break;
  }
  return run;
}

interface Pod {
  emu: Emu;
  readyAt: number;
  leaving: boolean;
}

function newPod({ emu, embedder }: Scenario, readyAt: number): Pod {
  return { emu: new Emu(emu, embedder), readyAt, leaving: false };
}

function removeWhere<T>(from: T[], isGone: (one: T) => boolean): void {
  for (let i = from.length - 1; i >= 0; i -= 1) if (isGone(from[i] as T)) from.splice(i, 1);
}
