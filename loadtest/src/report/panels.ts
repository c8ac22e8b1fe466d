import type { Result, Sample } from '../result.ts';
import type { Point } from './thin-out.ts';
import { peakOf, type Panel, type Series, type Timeline } from './timeline-svg.ts';

type Read = (sample: Sample) => number | null;

/** The pictures of a run: those whose figures there are. */
export function timelineOf(result: Result): Timeline {
  const { samples, steps, seconds, name } = result;
  const pointsOf = (read: Read): Point[] =>
    samples.map((sample) => ({ seconds: sample.seconds, value: read(sample) }));
  const line = (
    title: string,
    tone: Series['tone'],
    read: Read,
    isDashed = false,
  ): Series | undefined => {
    const points = pointsOf(read);
    return points.some(({ value }) => value !== null)
      ? { name: title, tone, points, isDashed }
      : undefined;
  };
  const lag = lagUnit(peakOf(pointsOf((sample) => sample.lagP99Seconds)));
  const panel = (title: string, isCount: boolean, ...lines: (Series | undefined)[]): Panel => ({
    title,
    isCount,
    series: lines.filter((one) => one !== undefined),
  });
  const onCluster = samples.some(({ emusReady }) => emusReady !== null);
  const panels = [
    panel(
      'Backlog (changes)',
      true,
      line('queue', 'orange', ({ queueVisible: visible, queueInFlight: inFlight }) =>
        visible === null || inFlight === null ? null : visible + inFlight,
      ),
      line('outbox', 'blue', ({ outbox }) => outbox, true),
    ),
    panel(
      'Emus',
      true,
      ...(onCluster
        ? [
            line('ready', 'green', ({ emusReady }) => emusReady),
            line('desired', 'purple', ({ emusDesired }) => emusDesired, true),
          ]
        : [line('answering', 'green', ({ emus }) => emus)]),
    ),
    panel(
      'Rows per second',
      false,
      line('indexed', 'green', ({ rowsPerSecond }) => rowsPerSecond),
      line('published', 'blue', ({ publishedPerSecond }) => publishedPerSecond, true),
    ),
    panel(
      `Lag, commit to index (${lag.unit})`,
      false,
      line('p99', 'purple', ({ lagP99Seconds }) => scaled(lagP99Seconds, lag.factor)),
      line('p50', 'blue', ({ lagP50Seconds }) => scaled(lagP50Seconds, lag.factor), true),
    ),
    panel(
      'Tokens per minute',
      false,
      line('embedded', 'orange', ({ tokensPerSecond }) => scaled(tokensPerSecond, 60)),
    ),
    panel(
      'Dead letters',
      true,
      line('waiting', 'orange', ({ deadLetters }) => deadLetters),
    ),
    panel(
      'Rows in all',
      true,
      line('in the table', 'blue', ({ rows }) => rows, true),
      line('in the index', 'green', ({ indexed }) => indexed),
    ),
  ];
  return {
    title: `Load test ${name}: backlog, emus, rates, lag, tokens and dead letters over time`,
    seconds: Math.max(seconds, samples.at(-1)?.seconds ?? 0),
    bands: steps
      .filter(({ fromSeconds, toSeconds }) => toSeconds - fromSeconds >= leastSeconds)
      .map(({ name: step, fromSeconds, toSeconds }) => ({
        ...{ name: step, from: fromSeconds, to: toSeconds },
      })),
    panels: panels.filter(({ series }) => series.length > 0),
  };
}

/** A shorter step is no band that could be seen. */
const leastSeconds = 0.5;

const scaled = (value: number | null, factor: number) => (value === null ? null : value * factor);

function lagUnit(mostSeconds: number): { unit: string; factor: number } {
  if (mostSeconds < 1) return { unit: 'ms', factor: 1_000 };
  return mostSeconds < 180 ? { unit: 's', factor: 1 } : { unit: 'min', factor: 1 / 60 };
}
