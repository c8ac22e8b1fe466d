import { emuDefaults, type Embedder } from './emu.ts';
import type { Recording } from './recording.ts';
import type { Moment } from './simulation.ts';

/** What a recording tells of the cluster it was made on, all of it from before the last pod is ready. */
export interface ClusterPace {
  /** Rows a second from outbox to queue, while no pod starts. */
  publishRate: number;
  /** What is left of every rate while pods start. */
  rateWhilePodsStart: number;
  /** From the moment pods are asked for until the first new one is ready, and the last. */
  podStartSeconds: [number, number];
}

/**
 * On a machine whose processors all pods share, pods that start slow down everything. How much follows from how the
 * backlog grows meanwhile: by what pelican publishes less what the emus there take off, both slowed down alike.
 *
 * @throws Error when no pod was asked for amid a growing backlog.
 */
export function paceOf({ moments }: Recording, embedder: Embedder): ClusterPace {
  const [before] = moments;
  const asked = moments.find(({ desired }) => desired > (before?.desired ?? 0));
  // Moments come as well where only the pods changed: the backlog is then as old as the moment before.
  const looks = moments.filter(({ backlog }, i) => backlog !== moments[i - 1]?.backlog);
  const first = looks.find(({ backlog }) => backlog > 0);
  const then = looks.find(({ seconds }) => asked !== undefined && seconds >= asked.seconds);
  if (before === undefined || asked === undefined || first === undefined || then === undefined)
    throw new Error('In the recording no pod was asked for.');

  const peak = moments.reduce((most, moment) => (moment.backlog > most.backlog ? moment : most));
  const publishRate = growth(first, then);
  const service = before.ready * rowsPerSecond(embedder);
  // Nothing is learnt of it where all was queued before a pod was asked for.
  const rateWhilePodsStart =
    peak.seconds > then.seconds ? growth(then, peak) / (publishRate - service) : 1;

  const most = Math.max(...moments.map(({ desired }) => desired));
  const until = (count: number) =>
    moments.find(({ seconds, ready }) => seconds >= asked.seconds && ready >= count)?.seconds ??
    Infinity;
  return {
    publishRate,
    rateWhilePodsStart: Math.min(1, Math.max(0.01, rateWhilePodsStart)),
    podStartSeconds: [until(before.ready + 1) - asked.seconds, until(most) - asked.seconds],
  };
}

/** Of one emu whose slots are all busy with full batches. */
export function rowsPerSecond({ secondsPerRequest, secondsPerText }: Embedder): number {
  const { maxBatch, concurrency } = emuDefaults;
  return (concurrency * maxBatch) / (secondsPerRequest + secondsPerText * maxBatch);
}

/** What the backlog grows by, a second, from one look at it to another. */
function growth(from: Moment, to: Moment): number {
  return (to.backlog - from.backlog) / (to.seconds - from.seconds);
}
