import { z } from 'zod';
import { resultSchema } from '../../../loadtest/src/result.ts';
import type { Moment } from './simulation.ts';

/** What happened on a cluster; seconds count from the load. */
export interface Recording {
  rows: number;
  moments: Moment[];
}

/** Of e2e/src/cluster/autoscaling.scenario.ts. */
const scenario = z.object({
  rows: z.number(),
  samples: z.array(
    z.object({
      seconds: z.number(),
      backlog: z.number(),
      desired: z.number(),
      ready: z.number(),
    }),
  ),
});

/**
 * Reads a timeline of `make e2e` or of `make loadtest`.
 *
 * @throws Error when it is neither, or a load test where nothing scaled.
 */
export function readRecording(json: unknown): Recording {
  const result = resultSchema.safeParse(json);
  if (!result.success) {
    const { rows, samples } = scenario.parse(json);
    return { rows, moments: fromLoad(samples) };
  }
  const { name, load, samples } = result.data;
  if (load === null) throw new Error(`The load test ${name} loaded no rows.`);
  const moments = samples.flatMap((sample) => {
    const { seconds, queueVisible, queueInFlight, emusDesired: desired, emusReady: ready } = sample;
    if (queueVisible === null || queueInFlight === null || desired === null || ready === null)
      return [];
    return [{ seconds, backlog: queueVisible + queueInFlight, desired, ready }];
  });
  if (moments.length === 0) throw new Error(`In the load test ${name} nothing scaled.`);
  return { rows: load.rows, moments: fromLoad(moments) };
}

/** From the last moment before the queue has something. */
function fromLoad(moments: readonly Moment[]): Moment[] {
  const first = moments.findIndex(({ backlog }) => backlog > 0);
  if (first < 1)
    throw new Error('The recording must begin with an empty queue and then have a backlog.');
  const kept = moments.slice(first - 1);
  const start = kept[0]?.seconds ?? 0;
  return kept.map((moment) => ({ ...moment, seconds: moment.seconds - start }));
}
