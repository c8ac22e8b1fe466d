import { timelineFile, type Series } from '../../../loadtest/src/report/timeline-svg.ts';
import type { Sample } from './timeline.ts';

const width = 760;

/** The timeline as a picture: the backlog above, the pods that are wanted and ready below. */
export function timelineSvg(samples: readonly Sample[]): string {
  const line = (
    name: string,
    tone: Series['tone'],
    of: keyof Sample,
    isDashed = false,
  ): Series => ({
    ...{ name, tone, isDashed },
    points: samples.map((sample) => ({ seconds: sample.seconds, value: sample[of] })),
  });
  const timeline = {
    title: 'Backlog and emus over time',
    seconds: samples.at(-1)?.seconds ?? 0,
    bands: [],
    panels: [
      {
        title: 'Messages',
        isCount: true,
        series: [line('waiting and in work', 'orange', 'backlog')],
      },
      {
        title: 'Emus',
        isCount: true,
        series: [line('ready', 'green', 'ready'), line('asked for', 'purple', 'desired', true)],
      },
    ],
  };
  return timelineFile(timeline, width);
}
