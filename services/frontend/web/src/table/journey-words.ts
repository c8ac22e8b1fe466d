import type { Journey } from './use-journeys.ts';

export const formatElapsed = (ms: number): string =>
  ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;

/** The end of a journey in a sentence, for those who do not see the steps; undefined before it. */
export function endOf(name: string, { steps, lost, reachesSearch }: Journey): string | undefined {
  if (!reachesSearch) return `${name} is saved. Search holds nothing of what was changed.`;
  if (steps.searchable !== undefined)
    return `${name} is searchable after ${formatElapsed(steps.searchable)}.`;
  if (steps.gone !== undefined)
    return `${name} is gone from search after ${formatElapsed(steps.gone)}.`;
  if (lost) return `The way of ${name} into search can't be followed.`;
  return steps.timeout === undefined ? undefined : `${name} is not in search after a minute.`;
}
